//! The two dates of a certificate and the length of its key (RFC 5280 §4.1), by just enough DER to step over what comes
//! before them.

use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, UnixTime};

use crate::net::codec::ber::element;
use crate::net::codec::spki;
use crate::time::days_of;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Of the keys that ring takes: 2048 to 8192 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// From when until when a certificate holds, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    pub from: i64,
    pub until: i64,
}

impl Validity {
    /// The dates of a certificate, none if it is not well-formed up to them.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (SEQUENCE, dates, _) = element(from_dates_on(certificate)?)? else { return None };
        let (tag, from, rest) = element(dates)?;
        let from = seconds(tag, from)?;
        let (tag, until, _) = element(rest)?;
        Some(Self { from, until: seconds(tag, until)? })
    }

    /// The error that rustls itself would give outside the dates.
    pub fn check(self, now: UnixTime) -> Result<(), CertificateError> {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        match () {
            () if now < self.from => Err(CertificateError::NotValidYet),
            () if now > self.until => Err(CertificateError::Expired),
            () => Ok(()),
        }
    }
}

/// The fields of a certificate after version, serial number, algorithm and issuer.
fn from_dates_on<'a>(certificate: &'a CertificateDer<'_>) -> Option<&'a [u8]> {
    let (_, whole, _) = element(certificate)?;
    let (_, mut fields, _) = element(whole)?;
    if let (VERSION, _, rest) = element(fields)? {
        fields = rest;
    }
    for _serial_algorithm_issuer in 0..3 {
        (_, _, fields) = element(fields)?;
    }
    Some(fields)
}

/// Whether a certificate holds an RSA key of a length that ring does not take, and calls a wrong signature.
pub fn has_unread_key(certificate: &CertificateDer<'_>) -> bool {
    rsa_bytes(certificate).is_some_and(|length| !RSA_BYTES.contains(&length))
}

/// The length of the modulus of an RSA key; none of another key.
fn rsa_bytes(certificate: &CertificateDer<'_>) -> Option<usize> {
    let (_, _, fields) = element(from_dates_on(certificate)?)?;
    let (_, _, fields) = element(fields)?;
    let (modulus, _) = spki::rsa(fields)?;
    Some(modulus.len())
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ` as seconds since 1970.
fn seconds(tag: u8, text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    let mut pairs = digits.chunks(2).map(|pair| str::from_utf8(pair).ok()?.parse::<i64>().ok());
    let mut next = || pairs.next().flatten();
    let year = match (tag, digits.len()) {
        (UTC_TIME, 12) => next().map(|year| if year < 50 { 2000 + year } else { 1900 + year })?,
        (GENERALIZED_TIME, 14) => next()? * 100 + next()?,
        _ => return None,
    };
    let (month, day, hour, minute, second) = (next()?, next()?, next()?, next()?, next()?);
    let days = days_of(year, month, day);
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}
