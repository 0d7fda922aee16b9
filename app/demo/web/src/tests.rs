//! The server's judgement of what comes, and what it answers, against a system that stands still.

use crate::answer::{Room, Way};
use crate::request::{MOST_HEAD, Method, Parsed, parse};
use crate::status::Status;
use crate::system::System;
use crate::upload::Upload;
use leasehold_abi::{
    Error, FaultKind, LeaseHandle, LeaseInfo, LeaseState, Padded, PayloadType, TaskHandle,
    TaskInfo, TaskState,
};
use serde_json::Value;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};
use userlib::supervisor::{Care, DeviceName, LeaseLine, StackUse};
use zerocopy::FromZeros;

/// A system of `tasks` tasks and `leases` leases, whose first slot is free.
struct Still {
    tasks: usize,
    leases: usize,
    may_crash: bool,
    log: Vec<u8>,
    crashed: Vec<String>,
    refuses: Option<Error>,
}

impl Still {
    fn new(tasks: usize, leases: usize) -> Self {
        Self {
            tasks,
            leases,
            may_crash: true,
            log: b"[    0.100] edu: \"bound\"\r\n".to_vec(),
            crashed: Vec::new(),
            refuses: None,
        }
    }
}

impl System for Still {
    fn milliseconds(&mut self) -> u64 {
        1234
    }

    fn task(&mut self, index: usize) -> Option<TaskInfo> {
        let mut info = TaskInfo::new_zeroed();
        info.handle = TaskHandle::new(index, u32::MAX);
        info.state = TaskState::AwaitingReply;
        info.name = Padded::new(&format!("a-task-of-name-{index:02}"));
        info.starts = u32::MAX;
        info.fault = FaultKind::Panic;
        info.message = Padded::new(&"<\"\\&>".repeat(100));
        (index < self.tasks).then_some(info)
    }

    fn care(&mut self, _: usize) -> Option<Care> {
        Some(Care::Waiting)
    }

    fn stack(&mut self, _: usize) -> Option<StackUse> {
        Some(StackUse {
            size: u32::MAX,
            at_least: u32::MAX,
        })
    }

    fn drivers(&mut self) -> u64 {
        0b110
    }

    fn lease(&mut self, slot: u32) -> Result<LeaseLine, Error> {
        if slot == 0 {
            return Err(Error::Revoked);
        }
        if slot as usize > self.leases {
            return Err(Error::NotFound);
        }
        let handle = LeaseHandle::new(slot as usize, 7);
        let lease = LeaseInfo {
            handle,
            parent: (slot != 1)
                .then_some(LeaseHandle::new(slot as usize - 1, 7))
                .into(),
            lessor: (slot != 1).then_some(u32::MAX - 1).into(),
            lessee: TaskHandle::new(2, 1),
            label: 1,
            id: 1,
            grants: 1,
            state: LeaseState::Released,
            reserved: 0,
            lessor_generation: 1,
            payload_type: PayloadType::NONE,
        };
        let device = DeviceName::new(&"\"".repeat(32));
        Ok(LeaseLine { lease, device })
    }

    fn log(&mut self, cursor: u64, into: &mut [u8]) -> Result<[u64; 2], Error> {
        let length = self.log.len();
        if cursor != 0 || length > into.len() {
            return Ok([cursor, 0]);
        }
        into[..length].copy_from_slice(&self.log);
        Ok([1, length as u64])
    }

    fn may_crash(&mut self) -> bool {
        self.may_crash
    }

    fn crash(&mut self, task: &str) -> Result<(), Error> {
        self.crashed.push(task.to_string());
        self.refuses.map_or(Ok(()), Err)
    }
}

/// What came back.
struct Answered {
    status: u16,
    head: String,
    body: Vec<u8>,
}

fn read(bytes: &[u8]) -> Answered {
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.strip_prefix("HTTP/1.1 ").expect("a status");
    Answered {
        status: status[..3].parse().expect("a number"),
        head: head.to_string(),
        body: body.as_bytes().to_vec(),
    }
}

/// The answer to these bytes.
fn ask_by(way: Way, system: &mut Still, bytes: &[u8]) -> Answered {
    let mut room = Room::new();
    match parse(bytes) {
        Parsed::Part => panic!("a part"),
        Parsed::Bad(status) => read(room.refuse(status)),
        Parsed::Whole(request, length) => {
            assert_eq!(length, bytes.len());
            read(room.answer(&request, way, system))
        }
    }
}

fn ask(system: &mut Still, bytes: &[u8]) -> Answered {
    ask_by(Way::Loopback, system, bytes)
}

/// How clients call the server.
const HOST: &str = "127.0.0.1:8080";

/// A request with these fields besides the host.
fn request(first: &str, fields: &str) -> Vec<u8> {
    demo_web_requests::request(HOST, first, fields)
}

const ORIGIN: &str = "Origin: http://127.0.0.1:8080\r\n";

#[test]
fn each_request_gets_its_status() {
    for case in demo_web_requests::cases(HOST) {
        // A connection has no room for more.
        let head = &case.bytes[..case.bytes.len().min(MOST_HEAD)];
        let answered = ask(&mut Still::new(3, 3), head);
        assert_eq!(answered.status, case.status, "{case}");
    }
}

#[test]
fn a_part_of_a_request_is_awaited() {
    let whole = request("GET /state?log=5", ORIGIN);
    for length in 0..whole.len() {
        assert_eq!(parse(&whole[..length]), Parsed::Part, "{length}");
    }
    let mut two = whole.clone();
    two.extend(&whole);
    let Parsed::Whole(first, length) = parse(&two) else {
        panic!("a request");
    };
    assert_eq!(length, whole.len());
    assert_eq!((first.method, first.path), (Method::Get, "/state"));
    assert_eq!(first.number("log"), Some(5));
    assert_eq!(first.number("lo"), None);
}

#[test]
fn a_body_is_counted_and_hashed_as_it_comes_and_what_is_behind_it_is_not() {
    let fields = "Content-Length: 6\r\nExpect: 100-Continue\r\n";
    let head = request("PUT /upload", fields);
    let Parsed::Whole(request, length) = parse(&head) else {
        panic!("a request");
    };
    assert_eq!(length, head.len());
    assert!(request.is_upload() && request.expects && request.stays);
    let mut upload = Upload::new(request.length, request.stays);
    assert_eq!((upload.take(b"foo"), upload.is_whole()), (3, false));
    assert_eq!((upload.take(b"barGET /"), upload.is_whole()), (3, true));
    let mut room = Room::new();
    let answered = read(room.took(&upload));
    assert_eq!(answered.status, 200);
    // The vector of draft-eastlake-fnv.
    assert_eq!(answered.body, b"6 bytes, hash 85944171f73967e8\n");
}

#[test]
fn a_body_for_another_host_is_not_taken_and_the_connection_closes() {
    let bytes = b"PUT /upload HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 6\r\n\r\n";
    let Parsed::Whole(request, _) = parse(bytes) else {
        panic!("a request");
    };
    assert!(!request.is_upload());
    let answered = ask(&mut Still::new(1, 1), bytes);
    assert_eq!(answered.status, 421);
    assert!(answered.head.contains("\r\nConnection: close"));
}

#[test]
fn a_connection_stays_if_the_client_does_not_end_it() {
    for (bytes, stays) in [
        (&b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], true),
        (b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", false),
        (
            b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: x, Close\r\n\r\n",
            false,
        ),
        (b"GET / HTTP/3.1\r\n\r\n", false),
    ] {
        let answered = ask(&mut Still::new(1, 1), bytes);
        let closes = answered.head.contains("\r\nConnection: close");
        assert_eq!(closes, !stays, "{}", bytes.escape_ascii());
    }
}

#[test]
fn the_length_is_the_body_s_also_without_it() {
    let page = ask(&mut Still::new(1, 1), &request("GET /", ""));
    let length = format!("\r\nContent-Length: {}\r\n", page.body.len());
    assert!(page.head.contains(&length), "{}", page.head);
    let head = ask(&mut Still::new(1, 1), &request("HEAD /", ""));
    assert!(head.body.is_empty());
    assert_eq!(head.head, page.head);
}

#[test]
fn only_the_own_page_on_the_own_machine_crashes_a_driver() {
    let order = request("POST /crash/edu", ORIGIN);
    let mut system = Still::new(3, 3);
    assert_eq!(ask(&mut system, &order).status, 204);
    assert_eq!(system.crashed, ["edu"]);
    assert_eq!(ask_by(Way::Other, &mut system, &order).status, 403);
    for origin in [
        "",
        "Origin: null\r\n",
        "Origin: http://evil.example\r\n",
        "Origin: https://127.0.0.1:8080\r\n",
        "Origin: http://127.0.0.1:8081\r\n",
        "Origin: http://127.0.0.1:8080.evil.example\r\n",
    ] {
        let order = request("POST /crash/edu", origin);
        assert_eq!(ask(&mut system, &order).status, 403, "{origin}");
    }
    // A name of somebody else's that leads to the loopback device: both fields agree.
    let rebound =
        b"POST /crash/edu HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n\r\n";
    assert_eq!(ask(&mut system, rebound).status, 421);
    assert_eq!(
        ask(&mut system, &request("GET /crash/edu", ORIGIN)).status,
        405
    );
    assert_eq!(system.crashed, ["edu"], "no other was heard");
}

#[test]
fn a_server_without_the_call_crashes_nothing_and_says_so() {
    let mut system = Still::new(3, 3);
    system.may_crash = false;
    let answered = ask(&mut system, &request("POST /crash/edu", ORIGIN));
    assert_eq!(answered.status, 403);
    assert!(system.crashed.is_empty());
    let state = ask(&mut system, &request("GET /state", ""));
    let state: Value = serde_json::from_slice(&state.body).unwrap();
    assert_eq!(state["crash"], false);
}

#[test]
fn why_nothing_was_crashed_has_a_status_of_its_own() {
    for (error, status) in [
        (Error::Denied, 403),
        (Error::NotFound, 404),
        (Error::Busy, 409),
        (Error::Dead, 503),
        (Error::Protocol, 500),
    ] {
        let mut system = Still::new(3, 3);
        system.refuses = Some(error);
        let answered = ask(&mut system, &request("POST /crash/edu", ORIGIN));
        assert_eq!(answered.status, status);
    }
}

#[test]
fn the_state_says_what_there_is() {
    let state = ask(&mut Still::new(3, 4), &request("GET /state?log=0", ""));
    let state: Value = serde_json::from_slice(&state.body).unwrap();
    assert_eq!(state["now"], 1234);
    assert_eq!(state["next"], 1);
    assert_eq!(state["log"], "[    0.100] edu: \"bound\"\r\n");
    let tasks = state["tasks"].as_array().unwrap();
    let drivers: Vec<&Value> = tasks.iter().map(|task| &task["driver"]).collect();
    assert_eq!(drivers, [false, true, true]);
    assert_eq!(tasks[1]["state"], "backing off");
    assert!(
        tasks[1]["fault"]
            .as_str()
            .unwrap()
            .starts_with("panic: <\"\\&>")
    );
    let leases = state["leases"].as_array().unwrap();
    assert_eq!(leases.len(), 4);
    assert_eq!(leases[0]["parent"], Value::Null);
    assert_eq!(leases[1]["parent"], leases[0]["id"]);
    assert_eq!(state["more"], 0);
}

#[test]
fn a_large_system_has_room_and_what_was_left_out_is_counted() {
    for (tasks, leases, listed) in [(10, 60, 60), (20, 100, 36), (64, 600, 0)] {
        let mut system = Still::new(tasks, leases);
        system.log = vec![b'"'; 1200];
        let state = ask(&mut system, &request("GET /state", ""));
        assert_eq!(state.status, 200, "{tasks} {leases}");
        let state: Value = serde_json::from_slice(&state.body).unwrap();
        assert_eq!(state["tasks"].as_array().unwrap().len(), tasks);
        let there = state["leases"].as_array().unwrap().len();
        assert_eq!(there, listed, "{tasks} {leases}");
        assert_eq!(state["more"], leases - there);
    }
}

#[test]
fn the_head_of_every_status_has_room() {
    for status in [Status::FieldsTooLarge, Status::VersionNotSupported] {
        let mut room = Room::new();
        let answered = read(room.refuse(status));
        assert_eq!(answered.status, status.code());
        assert!(answered.head.contains("frame-ancestors 'none'"));
    }
}

/// Inputs of the test below, if the variable `LEASEHOLD_INPUTS` has no other number.
const INPUTS: u32 = 200_000;

/// Requests that are changed at random: whatever comes of them is an answer with a known status, or a wait for more.
#[test]
fn hostile_requests_get_an_answer_or_wait() {
    let seeds: Vec<Vec<u8>> = [
        request("GET /state?log=5", ORIGIN),
        request("POST /crash/edu", ORIGIN),
        request(
            "PUT /upload",
            "Content-Length: 70\r\nExpect: 100-continue\r\n",
        ),
        request(
            "HEAD http://localhost:1/",
            "Connection: close\r\nContent-Length: 0\r\n",
        ),
        b"\r\n\nOPTIONS * HTTP/1.0\nA:b\n\n".to_vec(),
    ]
    .into();
    let parts: [&[u8]; 12] = [
        b"\r\n",
        b"\n",
        b"\r",
        b":",
        b" ",
        b"\0",
        b"\xff",
        b"Host: ",
        b"Content-Length: ",
        b"/",
        b"%00",
        b"?",
    ];
    let mut number = 1_u64;
    let mut random = move |below: usize| {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        (number >> 16) as usize % below
    };
    let mut room = Room::new();
    let mut system = Still::new(1, 1);
    let mut seen = [0_u32; 3];
    let inputs = std::env::var("LEASEHOLD_INPUTS").ok();
    let inputs = inputs.map_or(INPUTS, |inputs| inputs.parse().expect("a number"));
    for _ in 0..inputs {
        let mut bytes = seeds[random(seeds.len())].clone();
        for _ in 0..random(6) {
            let at = random(bytes.len() + 1);
            match random(5) {
                0 => bytes.truncate(at),
                1 if at < bytes.len() => bytes[at] = random(256) as u8,
                2 if at < bytes.len() => drop(bytes.remove(at)),
                3 => {
                    let again = bytes[at..].to_vec();
                    bytes.extend(again);
                }
                _ => drop(bytes.splice(at..at, parts[random(parts.len())].iter().copied())),
            }
        }
        bytes.truncate(MOST_HEAD);
        let kind = match parse(&bytes) {
            Parsed::Part => {
                assert!(bytes.len() < MOST_HEAD);
                0
            }
            Parsed::Bad(status) => {
                assert!(status.code() >= 400);
                1
            }
            Parsed::Whole(request, length) if request.is_upload() => {
                let mut upload = Upload::new(request.length, request.stays);
                let taken = upload.take(&bytes[length..]) as u64;
                assert_eq!(upload.is_whole(), taken == request.length);
                2
            }
            Parsed::Whole(request, length) => {
                assert!(length <= bytes.len());
                read(room.answer(&request, Way::Loopback, &mut system));
                2
            }
        };
        seen[kind] += 1;
    }
    assert!(seen.iter().all(|count| *count > inputs / 50), "{seen:?}");
    assert!(system.crashed.iter().any(|task| task == "edu"));
}
