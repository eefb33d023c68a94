//! The command line of `serve`: checks in sections, one for each container.

mod module;
mod questions;
mod target;

use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

pub use module::Module;
pub use questions::Questions;

use super::hold::HoldOptions;
use super::words::{Word, Words, wrong};
use crate::check::{HostRoots, Probe};
use crate::hold::HoldFile;
use crate::registry::SCHEMES;
use crate::scheme::{CheckUrl, ParseError, parse as parse_check, quoted};
use questions::SHORTEST_PERIOD;
use target::TargetPattern;

const OPTIONS: &[&str] = &[
    "--listen",
    "--port",
    "--drain",
    "--verbose",
    "--hold",
    "--longest-hold",
    "--move-ready",
    "--proc-root",
    "--sys-root",
    "--dev-root",
    "--container",
    "--period",
    "--timeout",
    "--guess",
    "--trial",
    "--failure-threshold",
    "--success-threshold",
    "--initial-delay",
    "--startup-timeout",
    "--pass-only",
    "--liveness",
    "--readiness",
    "--startup",
    "--module",
    "--target",
    "--help",
];

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bind {
    /// Every address, IPv6 and IPv4.
    Any(u16),
    Address(SocketAddr),
}

/// The checks of one container; the unnamed section comes first.
#[derive(Clone, Debug)]
pub struct Section {
    pub container: String,
    pub period: Duration,
    /// At most the period.
    pub timeout: Duration,
    /// Whether its checks were found rather than written.
    pub guess: bool,
    /// How the kubelet would ask; only a trial asks so.
    pub questions: Questions,
    /// For every probe that has none of its own.
    pub shared: Vec<CheckUrl>,
    /// Those of one probe, in the order of `Probe::ALL`.
    pub own: [Vec<CheckUrl>; 3],
}

/// What `serve` is to do.
pub struct Serve {
    pub bind: Bind,
    pub drain: Duration,
    /// Reasons are shown to every peer, not to this Pod only.
    pub verbose: bool,
    pub hold: Option<HoldFile>,
    /// Where the application copies the time of its move to, once its work is saved.
    pub move_ready: Option<String>,
    /// No kubelet asks: what would follow is counted.
    pub trial: bool,
    pub roots: HostRoots,
    pub sections: Vec<Section>,
    /// What `/probe` may ask; where there is none, it is not served.
    pub modules: Vec<Module>,
}

/// Reads what follows `serve`; none where it asks for help.
pub fn parse(mut words: Words) -> Result<Option<Serve>, ParseError> {
    let mut serve = Serve {
        bind: Bind::Any(9440),
        drain: Duration::from_secs(1),
        verbose: false,
        hold: None,
        move_ready: None,
        trial: false,
        roots: HostRoots::default(),
        sections: Vec::new(),
        modules: Vec::new(),
    };
    let mut hold = HoldOptions::default();
    let mut section = Section {
        container: String::new(),
        period: Duration::from_secs(10),
        timeout: Duration::from_secs(1),
        guess: false,
        questions: Questions::default(),
        shared: vec![],
        own: Default::default(),
    };
    let (mut period, mut timeout, mut guess) = (section.period, section.timeout, section.guess);
    let (mut questions, mut untried) = (section.questions, None);
    while let Some(word) = words.word() {
        let name = match word {
            Word::Positional(text) => {
                section.shared.push(parse_check(&text, SCHEMES)?);
                continue;
            }
            Word::Option(name) => name,
        };
        match name.as_str() {
            "--listen" => serve.bind = address(&words.value("--listen")?)?,
            "--port" => serve.bind = Bind::Any(port(&words.value("--port")?)?),
            "--drain" => serve.drain = drain(&mut words)?,
            "--verbose" => serve.verbose = true,
            "--move-ready" => serve.move_ready = Some(words.value("--move-ready")?),
            "--proc-root" => serve.roots.proc = words.value("--proc-root")?.into(),
            "--sys-root" => serve.roots.sys = words.value("--sys-root")?.into(),
            "--dev-root" => serve.roots.dev = words.value("--dev-root")?.into(),
            "--period" => section.period = at_least_shortest(words.duration("--period")?)?,
            "--timeout" => section.timeout = words.duration("--timeout")?,
            "--guess" => section.guess = true,
            "--trial" => serve.trial = true,
            option if questions::OPTIONS.contains(&option) => {
                section.questions.take(option, &mut words)?;
                untried.get_or_insert_with(|| name.clone());
            }
            "--module" => serve.modules.push(module(&words.value("--module")?, &serve.modules)?),
            "--target" => {
                let pattern = TargetPattern::parse(&words.value("--target")?)?;
                let module = serve.modules.last_mut();
                module.ok_or_else(early_target)?.allow(pattern);
            }
            "--help" => return Ok(None),
            "--container" => {
                let container = container(words.value("--container")?, &serve.sections, &section)?;
                if serve.sections.is_empty() {
                    (period, timeout, guess) = (section.period, section.timeout, section.guess);
                    questions = section.questions;
                }
                let (shared, own) = Default::default();
                let next = Section { container, period, timeout, guess, questions, shared, own };
                serve.sections.push(std::mem::replace(&mut section, next));
            }
            _ if hold.read(&name, &mut words)? => {}
            _ => match Probe::ALL.iter().position(|probe| name.strip_prefix("--") == Some(probe.word())) {
                Some(index) => section.own[index].push(parse_check(&words.value(&name)?, SCHEMES)?),
                None => return Err(Word::Option(name).unknown(OPTIONS)),
            },
        }
    }
    serve.hold = hold.complete();
    if let Some(option) = untried.filter(|_| !serve.trial) {
        return Err(ParseError(format!("option {option} is given without --trial, expected both")));
    }
    serve.sections.push(section);
    serve.sections = complete(serve.sections)?;
    serve.modules.iter().try_for_each(Module::complete)?;
    if serve.sections.is_empty() && serve.modules.is_empty() {
        return Err(ParseError("check is missing, expected a URL such as http://:8080/healthz".into()));
    }
    Ok(Some(serve))
}

/// Sections with their time-outs capped: a check that takes longer than its period could never be on time.
fn complete(sections: Vec<Section>) -> Result<Vec<Section>, ParseError> {
    let mut kept = Vec::new();
    for mut section in sections {
        section.timeout = section.timeout.min(section.period);
        match (section.shared.is_empty() && section.own.iter().all(Vec::is_empty), section.container.as_str())
        {
            (true, "") => {}
            (true, name) => {
                return Err(ParseError(format!(
                    "container {} has no check, expected one after it",
                    quoted(name)
                )));
            }
            (false, _) => kept.push(section),
        }
    }
    Ok(kept)
}

fn module(text: &str, before: &[Module]) -> Result<Module, ParseError> {
    let module = Module::parse(text)?;
    match before.iter().any(|other| other.name() == module.name()) {
        true => Err(wrong("--module", module.name(), "a name of its own for each")),
        false => Ok(module),
    }
}

fn early_target() -> ParseError {
    ParseError("option --target is given before any module, expected it after --module NAME=CHECK".into())
}

fn container(name: String, before: &[Section], current: &Section) -> Result<String, ParseError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=63).contains(&name.len()) || !name.bytes().all(plain) {
        return Err(wrong("--container", &name, "lower-case letters, digits and dashes, at most 63"));
    }
    if before.iter().chain([current]).any(|section| section.container == name) {
        return Err(wrong("--container", &name, "every container once"));
    }
    Ok(name)
}

fn address(text: &str) -> Result<Bind, ParseError> {
    let address = text
        .parse()
        .map_err(|_| wrong("--listen", text, "ADDRESS:PORT such as 127.0.0.1:9440 or [::]:9440"))?;
    match address {
        SocketAddr::V6(any) if *any.ip() == Ipv6Addr::UNSPECIFIED => Ok(Bind::Any(any.port())),
        other => Ok(Bind::Address(other)),
    }
}

fn port(text: &str) -> Result<u16, ParseError> {
    let port = text.parse().ok().filter(|&port| port > 0);
    port.ok_or_else(|| wrong("--port", text, "a number from 1 to 65535"))
}

fn drain(words: &mut Words) -> Result<Duration, ParseError> {
    let value = words.value("--drain")?;
    if value == "0s" {
        return Ok(Duration::ZERO);
    }
    crate::scheme::parse_duration(&value)
        .ok_or_else(|| wrong("--drain", &value, "a duration such as 5s, or 0s"))
}

fn at_least_shortest(period: Duration) -> Result<Duration, ParseError> {
    match period < SHORTEST_PERIOD {
        true => Err(ParseError("option --period is too short, expected at least 100ms".into())),
        false => Ok(period),
    }
}

#[cfg(test)]
mod tests;
