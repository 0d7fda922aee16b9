//! A debugger's packets, as GDB sends them, to a small program in the machine.

use super::connection::Connection;
use super::target::Debugged;
use super::*;
use crate::board::virt::Virt;
use crate::cpu::Rules;
use crate::firmware::Chain;
use crate::memory::Memory;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// `li a0, 5`, `addi a0, a0, -1`, `bnez a0, -4`, `sd a0, 256(a1)`, `j 0`.
const PROGRAM: [u32; 5] = [
    0x0050_0513,
    0xfff5_0513,
    0xfe05_1ee3,
    0x10a5_b023,
    0x0000_006f,
];

/// The debugger's side of a session.
struct Debugger(UnixStream);

impl Debugger {
    fn send(&mut self, packet: &str) {
        let sum = packet.bytes().fold(0_u8, u8::wrapping_add);
        write!(self.0, "${packet}#{sum:02x}").unwrap();
    }

    /// The next answer, which is acknowledged.
    fn answer(&mut self) -> String {
        let mut byte = [0];
        let mut text = String::new();
        loop {
            self.0.read_exact(&mut byte).unwrap();
            match byte[0] {
                b'+' if text.is_empty() => {}
                b'$' => text.clear(),
                b'#' => break,
                byte => text.push(byte.into()),
            }
        }
        self.0.read_exact(&mut [0; 2]).unwrap();
        self.0.write_all(b"+").unwrap();
        expanded(&text)
    }

    fn ask(&mut self, packet: &str) -> String {
        self.send(packet);
        self.answer()
    }
}

/// A packet without runs: a star and a character whose code is the count and 29 repeat what is before them.
fn expanded(packet: &str) -> String {
    let mut text = String::new();
    let mut characters = packet.chars();
    while let Some(character) = characters.next() {
        match (character, text.chars().last()) {
            ('*', Some(last)) => {
                let count = characters.next().unwrap() as usize - 29;
                text.extend(std::iter::repeat_n(last, count));
            }
            _ => text.push(character),
        }
    }
    text
}

/// Runs a session on the program.
fn session(test: impl FnOnce(&mut Debugger, u64)) {
    let (base, _) = Virt::RAM;
    let mut memory = Memory::new(base, 0x1_0000, true);
    for (at, word) in (base..).step_by(4).zip(PROGRAM) {
        memory.place(at, &word.to_le_bytes()).unwrap();
    }
    let mut machine = Machine::new(Virt::new(), memory, Rules::virt(), Chain::Qemu);
    machine.enter(base, 0);
    machine.cpu.set_register(11, base);
    let folder = std::env::temp_dir().join(format!(
        "leasehold-debugger-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::create_dir_all(&folder).unwrap();
    let line = Line::new(&folder.join("line"), &folder.join("log")).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let served = std::thread::spawn(move || {
        let output = theirs.try_clone().unwrap();
        let connection = Connection::of(theirs, Box::new(output));
        serve_over(connection, Debugged::new(machine, line, false)).unwrap()
    });
    let mut debugger = Debugger(ours);
    test(&mut debugger, base);
    debugger.send("D");
    assert_eq!(served.join().unwrap(), End::Left);
    std::fs::remove_dir_all(&folder).unwrap();
}

fn hex(value: u64) -> String {
    value
        .to_le_bytes()
        .map(|byte| format!("{byte:02x}"))
        .concat()
}

/// A register of the answer to `g`.
fn register(answer: &str, number: usize) -> &str {
    &answer[16 * number..][..16]
}

#[test]
fn registers_are_read_and_written_and_a_step_is_one_instruction() {
    session(|debugger, base| {
        let registers = debugger.ask("g");
        assert_eq!(register(&registers, 32), hex(base), "pc");
        assert_eq!(register(&registers, 11), hex(base));
        assert!(debugger.ask("s").starts_with("S05"));
        let registers = debugger.ask("g");
        assert_eq!(register(&registers, 32), hex(base + 4));
        assert_eq!(register(&registers, 10), hex(5));
        let changed = registers.replacen(&hex(5), &hex(9), 1);
        assert_eq!(debugger.ask(&format!("G{changed}")), "OK");
        assert_eq!(register(&debugger.ask("g"), 10), hex(9));
    });
}

#[test]
fn a_breakpoint_stops_the_machine_each_time_and_changes_no_memory() {
    session(|debugger, base| {
        let at = base + 8;
        let before = debugger.ask(&format!("m{at:x},4"));
        assert_eq!(before, "e31e05fe");
        assert_eq!(debugger.ask(&format!("Z0,{at:x},4")), "OK");
        assert_eq!(debugger.ask(&format!("m{at:x},4")), before);
        for left in (0..5).rev() {
            assert!(debugger.ask("c").starts_with("T05"));
            let registers = debugger.ask("g");
            assert_eq!(register(&registers, 32), hex(at));
            assert_eq!(register(&registers, 10), hex(left));
        }
        assert_eq!(debugger.ask(&format!("z0,{at:x},4")), "OK");
    });
}

#[test]
fn memory_is_read_and_written_and_what_is_none_is_an_error() {
    session(|debugger, base| {
        let at = base + 0x200;
        assert_eq!(debugger.ask(&format!("M{at:x},4:01020304")), "OK");
        assert_eq!(debugger.ask(&format!("m{at:x},4")), "01020304");
        assert!(debugger.ask("m10000000,4").starts_with('E'), "a device");
        assert!(debugger.ask("m0,4").starts_with('E'), "nothing is there");
        // A new instruction is the one that is executed: `li a0, 7` in place of `li a0, 5`.
        assert_eq!(debugger.ask(&format!("M{base:x},4:13057000")), "OK");
        assert!(debugger.ask("s").starts_with("S05"));
        assert_eq!(register(&debugger.ask("g"), 10), hex(7));
    });
}

#[test]
fn a_program_that_runs_on_is_interrupted() {
    session(|debugger, base| {
        debugger.send("c");
        debugger.0.write_all(b"\x03").unwrap();
        assert!(debugger.answer().contains("02"), "SIGINT");
        let registers = debugger.ask("g");
        let at = u64::from_str_radix(register(&registers, 32), 16).unwrap();
        let at = at.swap_bytes();
        assert!((base..base + 20).contains(&at), "{at:x}");
    });
}
