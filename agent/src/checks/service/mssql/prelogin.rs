//! What both sides say of themselves before a login ([MS-TDS] 2.2.6.5): a table of options, then their values.

use crate::net::codec::reader::Reader;

const VERSION: u8 = 0x00;
const ENCRYPTION: u8 = 0x01;
const END: u8 = 0xff;

/// How much of a connection is to be encrypted by TLS within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Of the login only.
    Off = 0,
    On = 1,
    NotSupported = 2,
    Required = 3,
}

/// The answer of a server.
#[derive(Debug, PartialEq, Eq)]
pub struct Prelogin {
    version: [u8; 6],
    pub encryption: Encryption,
}

impl Prelogin {
    /// Reads an answer; nothing where a value is not within it, or the version is missing.
    pub fn read(message: &[u8]) -> Option<Self> {
        let mut options = Reader::new(message);
        let (mut version, mut encryption) = (None, Encryption::NotSupported);
        loop {
            let option = options.byte()?;
            if option == END {
                return Some(Self { version: version?, encryption });
            }
            let (offset, length) = (options.be(2)? as usize, options.be(2)? as usize);
            let value = message.get(offset..offset + length)?;
            match option {
                VERSION => version = Some(value.try_into().ok()?),
                ENCRYPTION => {
                    encryption = match value.first()? {
                        0 => Encryption::Off,
                        1 => Encryption::On,
                        3 => Encryption::Required,
                        _ => Encryption::NotSupported,
                    }
                }
                _ => {}
            }
        }
    }

    /// Name and version of the server.
    pub fn server(&self) -> String {
        let [major, minor, high, low, ..] = self.version;
        format!("SQL Server {major}.{minor}.{}", u16::from_be_bytes([high, low]))
    }
}

/// The question of a client that wants this.
pub fn request(encryption: Encryption) -> [u8; 18] {
    // Two options of five bytes and the end; then a version of six bytes, which means nothing, and one byte.
    [VERSION, 0, 11, 0, 6, ENCRYPTION, 0, 17, 0, 1, END, 0, 0, 0, 0, 0, 0, encryption as u8]
}
