//! What a request to `/probe` asks for, among what the operator allows.

use crate::cli::Module;
use crate::scheme::{CheckUrl, percent_decode, quoted};
use crate::serve::request::Request;
use crate::serve::response::Response;

/// The check that a request asks for, or what it is answered in its place.
pub fn asked(request: &Request, modules: &[Module]) -> Result<CheckUrl, Response> {
    if modules.is_empty() {
        return Err(Response::error(404));
    }
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Err(Response { allow: Some("GET, HEAD"), ..Response::error(405) });
    }
    let target = parameter(request, "target").ok_or_else(|| bad("target is missing, expected HOST:PORT"))?;
    let module = match (parameter(request, "module"), modules) {
        (None, [only]) => only,
        (None, _) => return Err(bad("module is missing, expected one that serve was given")),
        (Some(name), _) => modules
            .iter()
            .find(|module| module.name() == name)
            .ok_or_else(|| bad(&format!("module is {}, expected one that serve was given", quoted(&name))))?,
    };
    let place = module.place(&target).map_err(|error| bad(&error.0))?;
    match module.allows(&place) {
        true => Ok(module.sent_to(place)),
        false => Err(Response::text(
            403,
            &format!("target is {}, expected one that the module allows", quoted(&target)),
        )),
    }
}

/// Whether it asks for the reason too, as of blackbox_exporter.
pub fn wants_reason(request: &Request) -> bool {
    parameter(request, "debug").is_some_and(|value| value == "true")
}

/// The first value of a parameter that is not empty.
fn parameter(request: &Request, wanted: &str) -> Option<String> {
    let mut pairs = request.query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, value)| *name == wanted && !value.is_empty())?;
    percent_decode(value)
}

fn bad(sentence: &str) -> Response {
    Response::text(400, sentence)
}

#[cfg(test)]
mod tests;
