//! What follows the scheme of a network check: `//[login@][host][:port][/path][?options]`, or the path of a socket.

use std::net::Ipv6Addr;

use super::measure::number;
use super::option_type::{is_host, variable};
use super::{CheckUrl, ParseError, PathRule, Scheme, header, options, percent, quoted};

/// `sun_path` of unix(7), less the zero at its end.
const LONGEST_SOCKET: usize = 107;

/// Reads login, host, port, path and options into the check.
pub fn parse(
    check: &mut CheckUrl,
    rest: &str,
    scheme: &Scheme,
    default_port: Option<u16>,
) -> Result<(), ParseError> {
    let (target, query) = rest.split_once('?').unwrap_or((rest, ""));
    let Some(inner) = target.strip_prefix("//") else {
        let received = format!("{} is followed by {}", scheme.scheme, quoted(target));
        return Err(without_secret(
            ParseError(format!("{received}, expected //[HOST][:PORT]")),
            rest,
            scheme,
        ));
    };
    let (authority, path) = inner.split_at(inner.find('/').unwrap_or(inner.len()));
    let after = rest.get(2 + authority.len()..).unwrap_or_default();
    let place = match authority.rsplit_once('@') {
        Some((login, place)) => {
            read_login(check, login, scheme)?;
            place
        }
        None => authority,
    };
    read_place(check, place).map_err(|error| without_secret(error, after, scheme))?;
    if scheme.path == PathRule::Socket {
        read_socket(check, path).map_err(|error| without_secret(error, after, scheme))?;
    } else {
        check.set_path(path, scheme).map_err(|error| if_login(error, after, scheme))?;
    }
    options::parse(check, query, scheme).map_err(|error| if_login(error, after, scheme))?;
    options::one_password(check)?;
    header::each_once(check)?;
    header::one_authorization(check)?;
    settle(check, default_port).map_err(|error| without_secret(error, after, scheme))?;
    options::tls_in_use(check, scheme)?;
    options::requirements(check, scheme)
}

fn read_socket(check: &mut CheckUrl, path: &str) -> Result<(), ParseError> {
    if path.is_empty() {
        return Ok(());
    }
    let refuse = |expected| ParseError(format!("path is {}, expected {expected}", quoted(path)));
    let socket = percent::decode(path).ok_or_else(|| refuse("percent-encoded UTF-8"))?;
    if socket == "/" {
        return Err(refuse("the path of a socket"));
    }
    check.files.push(socket.clone());
    check.socket = socket;
    Ok(())
}

/// Gives the check its socket, or its port, of which one has to be known.
fn settle(check: &mut CheckUrl, default_port: Option<u16>) -> Result<(), ParseError> {
    let option = check.option("socket").map(str::to_owned);
    if (!check.socket.is_empty() || option.is_some()) && (!check.host.is_empty() || check.port.is_some()) {
        let received = match option {
            Some(_) if check.socket.is_empty() => "option socket is given".into(),
            _ => format!("path is {}", quoted(&check.socket)),
        };
        return Err(ParseError(format!("{received} with a host or port, expected one of the two")));
    }
    if let Some(socket) = option {
        check.socket = socket;
    }
    if check.socket.len() > LONGEST_SOCKET {
        let received = quoted(&check.socket);
        return Err(ParseError(format!(
            "socket is {received}, expected a path of at most {LONGEST_SOCKET} bytes"
        )));
    }
    if check.socket.is_empty() {
        check.port = check.port.or(default_port);
        if check.port.is_none() {
            return Err(ParseError("port is missing, expected a number from 1 to 65535".into()));
        }
    }
    Ok(())
}

/// Where no login can be, an `@` in a path or an option is an ordinary character.
fn if_login(error: ParseError, text_after: &str, scheme: &Scheme) -> ParseError {
    if scheme.credentials { without_secret(error, text_after, scheme) } else { error }
}

/// A `/` or a `?` in a password ends the authority early, and an error would repeat what comes after; an `@` further on tells.
fn without_secret(error: ParseError, text_after: &str, scheme: &Scheme) -> ParseError {
    match text_after.contains('@') {
        true if scheme.credentials => password_written_out(),
        true => login_given(scheme),
        false => error,
    }
}

fn read_login(check: &mut CheckUrl, login: &str, scheme: &Scheme) -> Result<(), ParseError> {
    if !scheme.credentials {
        return Err(login_given(scheme));
    }
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    if !password.is_empty() && variable(password).is_none() {
        return Err(password_written_out());
    }
    if variable(user).is_none() && !user.bytes().all(is_unreserved) {
        return Err(ParseError(
            "user holds a character that needs percent-encoding, expected $NAME or a plain name".into(),
        ));
    }
    for name in [user, password].into_iter().filter_map(variable) {
        check.reads(name);
    }
    user.clone_into(&mut check.user);
    password.clone_into(&mut check.password);
    Ok(())
}

/// Leaves the port open where none is written.
fn read_place(check: &mut CheckUrl, place: &str) -> Result<(), ParseError> {
    let (host, port) = split_port(place);
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    check.host = match bare {
        Some(bare) if bare.parse::<Ipv6Addr>().is_ok() => bare.to_owned(),
        None if host.is_empty() || is_host(host) => host.to_owned(),
        _ => {
            let expected =
                "a DNS name, an IPv4 address, an IPv6 address in brackets, or pod for the Pod's own";
            let open = host.starts_with('[') && !host.ends_with(']');
            let received = quoted(if open { place } else { host });
            return Err(ParseError(format!("host is {received}, expected {expected}")));
        }
    };
    let Some(text) = port else { return Ok(()) };
    check.port = number(text, 5).and_then(|port| u16::try_from(port).ok()).filter(|&port| port > 0);
    match check.port {
        Some(_) => Ok(()),
        None => Err(ParseError(format!("port is {}, expected a number from 1 to 65535", quoted(text)))),
    }
}

/// An IPv6 address without a port ends with its bracket, and its last colon is its own.
fn split_port(place: &str) -> (&str, Option<&str>) {
    match place.rsplit_once(':').filter(|_| !place.ends_with(']')) {
        Some((host, port)) => (host, Some(port)),
        None => (place, None),
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn login_given(scheme: &Scheme) -> ParseError {
    ParseError(format!("login is given, expected none for {}", scheme.scheme))
}

/// The error for a password in clear text, which repeats nothing of it.
pub fn password_written_out() -> ParseError {
    ParseError(
        "password is written out, expected $NAME of an environment variable or ?password-file=PATH"
            .to_owned(),
    )
}

/// The name in the path, decoded, if there is one, of at most so many bytes; `what` ends the sentence of an error.
pub fn path_name(path: &str, longest: usize, what: &str) -> Result<Option<String>, ParseError> {
    // What was meant as the end of a login.
    if path.contains('@') {
        return Err(password_written_out());
    }
    match percent::decode(path.strip_prefix('/').unwrap_or_default()) {
        Some(name) if name.len() <= longest && !name.chars().any(char::is_control) => {
            Ok(Some(name).filter(|name| !name.is_empty()))
        }
        _ => Err(ParseError(format!("path is {}, expected the name of a {what}", quoted(path)))),
    }
}

/// As `path_name`, for a database.
pub fn database(path: &str) -> Result<Option<String>, ParseError> {
    path_name(path, usize::MAX, "database")
}
