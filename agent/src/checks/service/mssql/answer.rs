//! The tokens that a login is answered with ([MS-TDS] 2.2.7).

use crate::check::{Cause, Outcome};
use crate::net::codec::reader::Reader;
use crate::net::{Redaction, quote};

const ERROR: u8 = 0xaa;
const INFO: u8 = 0xab;
const LOGIN_ACKNOWLEDGED: u8 = 0xad;
const ENVIRONMENT: u8 = 0xe3;
const SESSION_STATE: u8 = 0xe4;
const TICKET: u8 = 0xed;
const DONE: u8 = 0xfd;

/// Its database starts, recovers, is restored or offline; it shuts down, is paused, not ready yet, full, upgraded, or for an
/// administrator only; of Azure: at its limits, moving, busy.
const BUSY: [u32; 19] = [
    904, 921, 922, 927, 942, 6005, 10928, 10929, 10936, 17142, 17187, 17809, 18401, 18451, 18461, 40197,
    40501, 40613, 49918,
];

/// What came of a login.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    LoggedIn,
    Refused(Error),
}

/// The first error of an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Error {
    code: u32,
    text: String,
}

impl Answer {
    /// Reads the tokens of a whole answer; nothing where they are none, or say neither.
    pub fn read(message: &[u8]) -> Option<Self> {
        let mut tokens = Reader::new(message);
        let (mut logged_in, mut error) = (false, None);
        while let Some(token) = tokens.byte() {
            match token {
                DONE => {
                    tokens.take(12)?;
                }
                ERROR | INFO | LOGIN_ACKNOWLEDGED | ENVIRONMENT | TICKET => {
                    let length = tokens.le(2)?;
                    let content = tokens.take(usize::try_from(length).ok()?)?;
                    logged_in |= token == LOGIN_ACKNOWLEDGED;
                    if token == ERROR && error.is_none() {
                        error = Some(Error::read(content)?);
                    }
                }
                SESSION_STATE => {
                    let length = tokens.le(4)?;
                    tokens.take(usize::try_from(length).ok()?)?;
                }
                _ => return None,
            }
        }
        match (logged_in, error) {
            (true, _) => Some(Self::LoggedIn),
            (false, error) => error.map(Self::Refused),
        }
    }
}

impl Error {
    fn read(content: &[u8]) -> Option<Self> {
        let mut fields = Reader::new(content);
        let code = u32::try_from(fields.le(4)?).ok()?;
        // State and class.
        fields.take(2)?;
        let length = usize::try_from(fields.le(2)?).ok()?;
        let units = fields.take(length * 2)?.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let text = char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER));
        Some(Self { code, text: text.collect() })
    }

    /// The outcome: a server that says so is alive. Only where it was sent no password are its words repeated.
    pub fn judge(&self, redaction: Redaction) -> Outcome {
        let words = match redaction {
            Redaction::None => format!(": {}", quote(self.text.as_bytes())),
            Redaction::Full if self.code == 18456 => ": login failed".into(),
            Redaction::Full => String::new(),
        };
        let cause = if BUSY.contains(&self.code) { Cause::Unhealthy } else { Cause::Protocol };
        Outcome::alive(cause, format!("error {}{words}", self.code))
    }
}
