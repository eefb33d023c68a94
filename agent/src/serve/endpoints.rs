//! The endpoints, pure: a request and what is known, to a response.

use std::time::Instant;

use super::holding::Held;
use super::metrics::{self, Moment, Requests};
use super::request::Request;
use super::response::Response;
use super::state::{CheckState, Freshness, State};
use super::trial::{self, Trial};
use crate::check::Probe;
use crate::runner::milliseconds;
use crate::scheme::format_duration;

/// What an answer depends on besides the request.
pub struct Context<'a> {
    pub state: &'a State,
    pub requests: &'a Requests,
    /// Where no kubelet asks, what would have followed.
    pub trial: Option<&'a Trial>,
    pub now: Instant,
    pub held: Held<'a>,
    /// Whether the peer is in this Pod: only then are reports taken.
    pub loopback: bool,
    /// Whether reasons are shown to every peer, not to this Pod only.
    pub verbose: bool,
    /// Whether the kubelet is to be told of a guess that is unproven.
    pub tells: bool,
}

/// Notes who asks what, before the answer: a question of the kubelet's may begin the life of a container. True if the
/// answer should tell of a guess that is unproven.
pub fn note(request: &Request, state: &mut State, now: Instant) -> bool {
    let segments: Vec<&str> = request.path.split('/').skip(1).collect();
    let (probe, container) = match segments.as_slice() {
        ["livez", container @ ..] => (Probe::Liveness, container),
        ["readyz", container @ ..] => (Probe::Readiness, container),
        ["startupz", container @ ..] => (Probe::Startup, container),
        _ => return false,
    };
    request.kubelet && container.len() < 2 && state.note_question(probe, container.first().copied(), now)
}

/// The first segment of a path if it is an endpoint, else `other`: what the metrics count by.
pub fn class(path: &str) -> &'static str {
    let first = path.split('/').nth(1).unwrap_or_default();
    let known = ["livez", "readyz", "startupz", "agentz", "metrics", "trialz", "movez", "push", "probe"];
    known.into_iter().find(|&known| known == first).unwrap_or("other")
}

/// Answers a request.
pub fn respond(request: &Request, context: &Context) -> Response {
    let segments: Vec<&str> = request.path.split('/').skip(1).collect();
    match segments.as_slice() {
        ["livez", container @ ..] => read(request, || probe(Probe::Liveness, container, request, context)),
        ["readyz", container @ ..] => read(request, || probe(Probe::Readiness, container, request, context)),
        ["startupz", container @ ..] => read(request, || probe(Probe::Startup, container, request, context)),
        ["agentz"] => read(request, || agent(context)),
        ["metrics"] => read(request, || {
            let Context { state, requests, held, trial, now, .. } = *context;
            metrics::render(state, requests, &Moment { held, trial, now })
        }),
        ["trialz"] => read(request, || tried(context)),
        ["push", target @ ..] => push(target, request, context),
        _ => Response::error(404),
    }
}

/// The answer to GET and HEAD; every other method is refused, once it is known that the path exists.
pub fn read(request: &Request, answer: impl FnOnce() -> Response) -> Response {
    let response = answer();
    match request.method.as_str() {
        "GET" | "HEAD" => response,
        _ if response.status == 404 => response,
        _ => Response { allow: Some("GET, HEAD"), ..Response::error(405) },
    }
}

fn probe(probe: Probe, container: &[&str], request: &Request, context: &Context) -> Response {
    let state = context.state;
    let container = match container {
        [] => None,
        [name] if state.entries.iter().any(|entry| !name.is_empty() && entry.container == *name) => {
            Some(*name)
        }
        _ => return Response::error(404),
    };
    let judged: Vec<_> = state
        .asked(probe, container)
        .map(|entry| (entry, state.failure(probe, entry, context.now)))
        .collect();
    let stopping = probe == Probe::Readiness && state.is_stopping();
    let first_failure = judged.iter().find_map(|(_, failure)| *failure);
    let held = context.held.sentence(probe).filter(|_| !stopping);
    let status = match first_failure {
        _ if stopping => 503,
        Some(failure) if held.is_none() => failure,
        _ => 200,
    };
    let verbose = (context.loopback || context.verbose)
        && request.query.split('&').any(|word| word.split('=').next() == Some("verbose"));
    let names =
        judged.iter().filter(|(_, failure)| failure.is_some()).map(|(entry, _)| name(entry, container));
    let failed: Vec<_> = stopping.then(|| "shutting down".to_owned()).into_iter().chain(names).collect();
    let unproven: Vec<_> = judged
        .iter()
        .filter(|(entry, _)| entry.is_unproven())
        .map(|(entry, _)| name(entry, container))
        .collect();
    let summary = match (held, status, unproven.is_empty()) {
        (Some(held), ..) if failed.is_empty() => format!("ok, {held}"),
        (Some(held), ..) => format!("ok, {held}, without that failed: {}", failed.join(", ")),
        (None, 200, true) => "ok".to_owned(),
        (None, 200, false) => format!("ok, unproven: {}", unproven.join(", ")),
        _ => format!("failed: {}", failed.join(", ")),
    };
    if status == 200 && context.tells {
        return Response::text(TOLD, &format!("unproven: {}; {ADVICE}", unproven.join(", ")));
    }
    if !verbose {
        return Response::text(status, &summary);
    }
    let lines = judged.iter().map(|(entry, failure)| {
        let sign = if failure.is_none() { '+' } else { '-' };
        format!("[{sign}] {}: {}\n", name(entry, container), detail(entry, context))
    });
    Response::text(status, &(lines.collect::<String>() + &summary))
}

/// A probe holds with any status below 400, and of one from 300 on the kubelet writes an Event with the body. Without a
/// Location it leads nowhere.
const TOLD: u16 = 300;

/// What the Event says of a guess.
const ADVICE: &str = "the check was found by image or port and has not passed once, so it restarts nothing and holds no readiness back";

/// The check's label, with its container where the answer is for all of them.
fn name(entry: &CheckState, container: Option<&str>) -> String {
    match (container, entry.container.as_str()) {
        (None, owner) if !owner.is_empty() => format!("{owner}/{}", entry.label),
        _ => entry.label.clone(),
    }
}

fn detail(entry: &CheckState, context: &Context) -> String {
    let Some(last) = &entry.last else { return "no result yet".to_owned() };
    let stale = context.state.freshness(entry, context.now) == Freshness::Stale;
    format!(
        "{}{}{}, {}, {}, {} ago",
        if entry.is_unproven() { "unproven: " } else { "" },
        if stale { "stale, last was " } else { "" },
        last.outcome.verdict.word(),
        last.outcome.reason,
        milliseconds(last.took),
        format_duration(context.now.saturating_duration_since(last.ended)),
    )
}

/// The agent is well as long as it answers and no check is stuck; it says nothing of the program.
fn agent(context: &Context) -> Response {
    let stuck: Vec<_> = context.state.stuck(context.now).map(|entry| name(entry, None)).collect();
    match stuck.is_empty() {
        true => Response::text(200, "ok"),
        false => Response::text(503, &format!("stuck: {}", stuck.join(", "))),
    }
}

/// What would have followed if the kubelet asked; reasons may hold words of the server.
fn tried(context: &Context) -> Response {
    let Some(trial) = context.trial else { return Response::error(404) };
    let tells = context.loopback || context.verbose;
    Response::of(200, trial::render(context.state, trial, tells, context.now), "application/json")
}

fn push(target: &[&str], request: &Request, context: &Context) -> Response {
    let (container, name) = match target {
        [name] => (None, *name),
        [container, name] => (Some(*container), *name),
        _ => return Response::error(404),
    };
    let mut found = context.state.entries.iter().enumerate().filter(|(_, entry)| {
        entry.push_name.as_deref() == Some(name)
            && container.is_none_or(|container| entry.container == container)
    });
    match (found.next(), found.next(), request.method.as_str()) {
        // Whether a name exists is not for peers outside the Pod.
        _ if !context.loopback => Response::error(403),
        (None, ..) => Response::error(404),
        (Some(_), Some(_), _) => {
            Response::text(404, "name is that of several checks, expected /push/CONTAINER/NAME")
        }
        (Some((index, _)), None, "POST") => {
            Response { reported: Some(index), ..Response::of(204, String::new(), "") }
        }
        _ => Response { allow: Some("POST"), ..Response::error(405) },
    }
}

#[cfg(test)]
mod tests;
