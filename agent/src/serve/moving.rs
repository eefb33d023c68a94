//! What the application says before its Pod is moved: it copies the time until which it may stay into a file, once its work
//! is saved.

use super::endpoints::read;
use super::request::Request;
use super::response::Response;
use crate::hold::time;
use crate::net::io::files;

/// A longer file holds no time.
const LONGEST: u64 = 32;

/// Where that file is, if the agent was told of one.
pub struct Moving(pub Option<String>);

impl Moving {
    /// The answer to `/movez`; none to all else, and where the agent was told of no file.
    pub fn answer(&self, request: &Request) -> Option<Response> {
        let path = self.0.as_ref().filter(|_| request.path == "/movez")?;
        Some(read(request, || {
            let bytes = files::read(path, LONGEST).unwrap_or_default();
            // A time and nothing else: any peer may ask, and the application may have made a link to any file.
            match str::from_utf8(&bytes).map(str::trim_end).ok().filter(|text| time(text).is_some()) {
                Some(text) => Response::text(200, text),
                None => Response::text(503, "not ready to move"),
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn ask(path: Option<&str>, method: &str, target: &str) -> Option<(u16, String)> {
        let request = Request { method: method.into(), path: target.into(), ..Request::default() };
        Moving(path.map(str::to_owned)).answer(&request).map(|response| (response.status, response.body))
    }

    #[test]
    fn the_time_that_the_application_copied_is_told_and_nothing_else_of_its_file() {
        let folder = std::env::temp_dir().join(format!("health-probe-move-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("ready");
        let get = || ask(file.to_str(), "GET", "/movez");
        let not_ready = Some((503, "not ready to move\n".to_owned()));
        assert_eq!(get(), not_ready);
        for text in ["2026-11-30T17:15:00Z", "2026-11-30T17:15:00Z\n"] {
            fs::write(&file, text).unwrap();
            assert_eq!(get(), Some((200, "2026-11-30T17:15:00Z\n".to_owned())));
        }
        for text in ["", "\n", "saved", "2026-11-30T17:15:00Z x", "2026-11-30", "\u{e9}", &"9".repeat(5_000)]
        {
            fs::write(&file, text).unwrap();
            assert_eq!(get(), not_ready, "{text}");
        }
        let secret = folder.join("secret");
        fs::write(&secret, "hunter2").unwrap();
        fs::remove_file(&file).unwrap();
        symlink(&secret, &file).unwrap();
        assert_eq!(get(), not_ready);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn without_a_file_there_is_no_such_endpoint() {
        assert_eq!(ask(None, "GET", "/movez"), None);
        assert_eq!(ask(Some("/nowhere"), "GET", "/readyz"), None);
        assert_eq!(ask(Some("/nowhere"), "POST", "/movez").map(|(status, _)| status), Some(405));
    }
}
