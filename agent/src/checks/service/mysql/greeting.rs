//! The greeting of protocol 10, with which the server speaks first, and the client's answer to it.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html>

use super::packet::Packet;
use crate::net::codec::reader::Reader;
use crate::net::quote;

/// A greeting is some hundred bytes, and so are the errors that come in its place.
pub const LONGEST: usize = 1024;

const LONG_PASSWORD: u64 = 1;
const CONNECT_WITH_DB: u64 = 1 << 3;
const PROTOCOL_41: u64 = 1 << 9;
const SSL: u64 = 1 << 11;
const TRANSACTIONS: u64 = 1 << 13;
const SECURE_CONNECTION: u64 = 1 << 15;
const PLUGIN_AUTH: u64 = 1 << 19;

/// utf8mb4_general_ci: a query and what it is expected to give may hold any character.
const CHARACTER_SET: u8 = 45;

/// What a server says of itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Greeting {
    version: Vec<u8>,
    capabilities: u64,
    pub nonce: Vec<u8>,
    pub plugin: Vec<u8>,
}

impl Greeting {
    /// Reads a greeting; nothing where a byte that has to be zero or a length is not as it has to be.
    pub fn read(packet: &Packet) -> Option<Self> {
        let mut fields = Reader::new(&packet.payload);
        if packet.sequence != 0 || fields.le(1)? != 10 {
            return None;
        }
        let version = fields.until_zero()?;
        if version.is_empty() || !version.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            return None;
        }
        fields.le(4)?;
        let mut nonce = fields.take(8)?.to_vec();
        if fields.le(1)? != 0 {
            return None;
        }
        let low = fields.le(2)?;
        fields.le(3)?;
        let capabilities = low | fields.le(2)? << 16;
        let length = usize::try_from(fields.le(1)?).ok()?;
        // MariaDB has its own capabilities in the last four of ten.
        if fields.take(6)? != [0; 6] || capabilities & PROTOCOL_41 == 0 {
            return None;
        }
        fields.take(4)?;
        nonce.extend_from_slice(fields.take(length.saturating_sub(8).max(13))?);
        // It ends with a zero, which is not of the nonce.
        if nonce.get(20) != Some(&0) {
            return None;
        }
        nonce.truncate(20);
        let plugin = match capabilities & PLUGIN_AUTH {
            0 => b"mysql_native_password",
            // Without its zero in some old versions.
            _ => fields.rest().split(|&byte| byte == 0).next()?,
        };
        Some(Self { version: version.to_vec(), capabilities, nonce, plugin: plugin.to_vec() })
    }

    /// Name and version of the server.
    pub fn server(&self) -> String {
        // MariaDB before 11 leads with this, since replicas of old would not take a first digit of two.
        let version = quote(self.version.strip_prefix(b"5.5.5-").unwrap_or(&self.version));
        match version.split_once("-MariaDB") {
            Some((number, _)) => format!("MariaDB {number}"),
            None => format!("MySQL {version}"),
        }
    }

    pub fn is_mariadb(&self) -> bool {
        self.version.windows(7).any(|word| word == b"MariaDB")
    }

    pub fn offers_tls(&self) -> bool {
        self.capabilities & SSL != 0
    }

    /// The first 32 bytes of a login, which alone ask for TLS.
    pub fn head(&self, tls: bool, database: bool) -> Vec<u8> {
        let wanted = LONG_PASSWORD | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | PLUGIN_AUTH;
        let tls = if tls { SSL } else { 0 };
        let database = if database { CONNECT_WITH_DB } else { 0 };
        let [a, b, c, d, ..] = (self.capabilities & wanted | database | tls).to_le_bytes();
        // Then the longest packet that we take, 16 MiB.
        let mut head = vec![a, b, c, d, 0, 0, 0, 1, CHARACTER_SET];
        head.resize(32, 0);
        head
    }

    /// The login of a user with the first answer of a plugin, which is at most 255 bytes.
    pub fn login(&self, tls: bool, user: &[u8], answer: &[u8], database: &str, plugin: &str) -> Vec<u8> {
        let mut login = self.head(tls, !database.is_empty());
        login.extend_from_slice(user);
        login.push(0);
        login.push(u8::try_from(answer.len()).unwrap_or_default());
        login.extend_from_slice(answer);
        if !database.is_empty() {
            login.extend_from_slice(database.as_bytes());
            login.push(0);
        }
        if self.capabilities & PLUGIN_AUTH != 0 {
            login.extend_from_slice(plugin.as_bytes());
            login.push(0);
        }
        login
    }
}
