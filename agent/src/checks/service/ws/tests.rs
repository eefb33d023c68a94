use std::io::{Cursor, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::frame::{BINARY, CLOSE, CONTINUATION, Frame, LONGEST, PING, PONG, TEXT};
use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, server, soon, survives, withholds};

/// The answer to the key of the example in the RFC, which is the key where the peer is a script.
const OPENED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

fn run(url: &CheckUrl) -> Outcome {
    WebSocket::from_url(url).unwrap().run(soon())
}

fn with(options: &[(&str, &str)], port: u16) -> Outcome {
    run(&check("ws", port, options))
}

/// A frame of a server.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match u8::try_from(payload.len()) {
        Ok(length @ ..=125) => frame.push(length),
        _ => {
            frame.push(126);
            frame.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

/// The request of a client, up to the empty line.
fn heard(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.push(char::from(byte[0]));
    }
    text
}

/// The next frame of a client, without its mask; none at its end.
fn heard_frame(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 6];
    stream.read_exact(&mut head).ok()?;
    assert!(head[0] & 0x80 != 0 && head[1] & 0x80 != 0, "{head:?}");
    let mut payload = vec![0; usize::from(head[1] & 0x7f)];
    stream.read_exact(&mut payload).unwrap();
    payload.iter_mut().zip(head[2..].iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Some((head[0] & 0x0f, payload))
}

/// What opens the WebSocket that this request asks for.
fn opening(request: &str) -> Vec<u8> {
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    OPENED.replace("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", &accept(key)).into_bytes()
}

/// A server that opens the WebSocket, says this and closes, and the frames that it hears.
fn opens(say: Vec<u8>) -> (u16, Receiver<(u8, Vec<u8>)>) {
    let (sender, receiver) = mpsc::channel();
    let port = server(move |mut stream| {
        let answer = opening(&heard(&mut stream));
        stream.write_all(&[answer, say.clone()].concat()).unwrap();
        let _ = stream.shutdown(Shutdown::Write);
        while let Some(frame) = heard_frame(&mut stream) {
            let _ = sender.send(frame);
        }
    });
    (port, receiver)
}

#[test]
fn the_answer_to_a_key_is_that_of_the_rfc() {
    assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn an_open_websocket_passes_and_is_closed_in_order() {
    let (sender, receiver) = mpsc::channel();
    let port = server(move |mut stream| {
        let request = heard(&mut stream);
        stream.write_all(&opening(&request)).unwrap();
        let _ = sender.send((request, heard_frame(&mut stream)));
    });
    let mut url = check("ws", port, &[("header.Origin", "http://a.test")]);
    url.path = "/chat%3Froom=1".into();
    assert_eq!(run(&url), Outcome::pass("status 101 Switching Protocols"));
    let (request, goodbye) = receiver.recv().unwrap();
    assert_eq!(goodbye, Some((CLOSE, vec![3, 0xe8])));
    let own = [
        &format!("GET /chat?room=1 HTTP/1.1\r\nHost: localhost:{port}"),
        "\r\nOrigin: http://a.test\r\n",
        "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ",
    ];
    assert!(own.iter().all(|lines| request.contains(lines)), "{request}");
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    assert_eq!(base64::decode(key.as_bytes()).map(|bytes| bytes.len()), Some(16));
}

#[test]
fn a_message_is_waited_for_and_pings_in_between_are_answered() {
    let pieces = [
        frame(TEXT, b"welcome"),
        frame(PING, b"there?"),
        frame(PONG, b""),
        b"\x02\x02po".to_vec(),
        frame(PING, b""),
        frame(CONTINUATION, b"ng 7"),
        b"".to_vec(),
    ];
    for (options, say, outcome, said) in [
        (
            &[("send", "ping"), ("expect", "^pong \\d$")][..],
            pieces.concat(),
            "pong 7",
            &[(TEXT, &b"ping"[..]), (PONG, b"there?"), (PONG, b"")][..],
        ),
        (
            &[("send", "\\xff\\r\\n")],
            frame(BINARY, &[b"yes\n".repeat(40), vec![0; 100]].concat()),
            "yes",
            &[(BINARY, b"\xff\r\n")],
        ),
        (&[("expect", "wel")], frame(TEXT, b"welcome"), "welcome", &[]),
        (&[("expect", "^$")], frame(TEXT, b""), "a message came", &[]),
    ] {
        let (port, heard) = opens(say);
        let passed = with(options, port);
        assert_eq!((passed.verdict, &passed.reason[..]), (Verdict::Pass, outcome));
        let said = [said, &[(CLOSE, &[3, 0xe8])]].concat();
        for (opcode, words) in said {
            assert_eq!(heard.recv_timeout(Duration::from_secs(5)), Ok((opcode, words.to_vec())));
        }
    }
}

#[test]
fn after_the_opening_nothing_is_a_failure() {
    let options = [("expect", "pong")];
    for (say, reason) in [
        (frame(CLOSE, &[3, 0xf1]), "the server closes the WebSocket with code 1009"),
        (frame(CLOSE, b""), "the server closes the WebSocket"),
        (b"".to_vec(), "the WebSocket opened, but connection closed before the answer"),
        (frame(TEXT, b"no"), "the WebSocket opened, but connection closed before the answer"),
        // A mask, a bit of an extension, an opcode that there is not, a ping in pieces, a message within a message.
        (b"\x81\x81\0\0\0\0a".to_vec(), "the WebSocket opened, but answer is not of WebSocket"),
        (b"\xc1\x01a".to_vec(), "the WebSocket opened, but answer is not of WebSocket"),
        (b"\x83\x01a".to_vec(), "the WebSocket opened, but answer is not of WebSocket"),
        (b"\x09\x01a".to_vec(), "the WebSocket opened, but answer is not of WebSocket"),
        (b"\x01\x01a\x81\x01a".to_vec(), "the WebSocket opened, but answer is not of WebSocket"),
        (b"\x80\x01a".to_vec(), "the WebSocket opened, but answer is not of WebSocket"),
        (b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(), "a message is longer than 65536 bytes"),
        (
            [b"\x01\x01a".to_vec(), vec![0x80, 126, 0xff, 0xff], vec![b'a'; 65_535]].concat(),
            "no message matches in 1048576 bytes",
        ),
        (frame(TEXT, b"a").repeat(5000), "no message matches in 1048576 bytes"),
    ] {
        let outcome = with(&options, opens(say).0);
        assert_eq!(outcome.verdict, Verdict::Alive, "{reason}: {outcome:?}");
        if !reason.starts_with("no message") {
            assert_eq!(outcome.reason, reason);
        }
    }
    let silent = server(|mut stream| {
        let answer = opening(&heard(&mut stream));
        let _ = stream.write_all(&[answer, frame(TEXT, b"no")].concat());
        std::thread::sleep(Duration::from_secs(1));
    });
    let deadline = Deadline::after(Duration::from_millis(300));
    let outcome = WebSocket::from_url(&check("ws", silent, &options)).unwrap().run(deadline);
    assert_eq!(outcome, Outcome::alive(Cause::Timeout, "timed out, no message matches so far: \"no\""));
}

#[test]
fn what_is_said_in_the_place_of_the_upgrade_is_judged_as_http_does() {
    use Cause::{Protocol, Unhealthy};
    for (status, verdict, cause) in [
        ("200 OK", Verdict::Alive, Protocol),
        ("302 Found", Verdict::Alive, Protocol),
        ("426 Upgrade Required", Verdict::Alive, Protocol),
        ("401 Unauthorized", Verdict::Alive, Protocol),
        ("403 Forbidden", Verdict::Alive, Protocol),
        ("407 Proxy Authentication Required", Verdict::Alive, Protocol),
        ("429 Too Many Requests", Verdict::Alive, Unhealthy),
        ("400 Bad Request", Verdict::Fail, Unhealthy),
        ("404 Not Found", Verdict::Fail, Unhealthy),
        ("503 Service Unavailable", Verdict::Fail, Unhealthy),
        ("101 Switching Protocols", Verdict::Fail, Protocol),
    ] {
        let port = says(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes());
        let outcome = with(&[], port);
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{outcome:?}");
    }
    let outcome = with(&[("alive", "503")], says(b"HTTP/1.1 503 Busy\r\n\r\n"));
    assert_eq!(outcome, Outcome::alive(Unhealthy, "status 503 Busy"));
    let outcome = with(&[], says(b"HTTP/1.1 200 OK\r\n\r\n"));
    assert_eq!(outcome.reason, "status 200 OK, expected 101 Switching Protocols");
    // That of another key.
    let outcome = with(&[], says(OPENED.as_bytes()));
    let reason = "status 101 without the Sec-WebSocket-Accept that belongs to the key";
    assert_eq!(outcome, Outcome::fail(Protocol, reason));
}

#[test]
fn a_secret_goes_where_a_password_goes() {
    withholds("ws", b"HTTP/1.1 200 OK\r\n\r\n", run);
}

#[test]
fn no_frame_makes_the_reader_panic() {
    let mut random = Random(6455);
    let good =
        [frame(TEXT, &[b'a'; 200]), b"\x82\x7f\0\0\0\0\0\0\0\x01a".to_vec(), frame(CLOSE, b"\x03\xe8")]
            .concat();
    for _ in 0..20_000 {
        let mut bytes = Cursor::new(random.damaged(&good));
        while let Ok(frame) = Frame::read(&mut bytes) {
            assert!(frame.payload.len() <= LONGEST);
            frame.closing_code();
        }
    }
}

#[test]
fn hostile_servers_are_survived() {
    let talk = |port, deadline| {
        WebSocket::from_url(&check("ws", port, &[("send", "a"), ("expect", "pong$")])).unwrap().run(deadline)
    };
    let healthy =
        [OPENED.as_bytes(), &frame(PING, b"b"), b"\x01\x02po", &frame(CONTINUATION, b"ng")].concat();
    survives(talk, &healthy);
}
