//! Text on the early console, of numbers and of a fault. It uses no formatting code of the standard library, to keep
//! the kernel small. All of it is cold: the compiler expands less in it.

use crate::image::Platform;
use crate::platform::Platform as _;
use leasehold_core::Fault;

/// A decimal number.
#[cold]
#[inline(never)]
pub(crate) fn decimal(mut value: usize, platform: &mut Platform) {
    // A word's, so that a machine of 32 bits needs no code for division by 64.
    let mut digits = [0; 20];
    let mut left = digits.len();
    loop {
        left -= 1;
        if let Some(digit) = digits.get_mut(left) {
            *digit = b'0' + (value % 10) as u8;
        }
        value /= 10;
        if value == 0 || left == 0 {
            break;
        }
    }
    platform.print(digits.get(left..).unwrap_or_default());
}

/// A number as `0x` and all its digits.
#[cold]
#[inline(never)]
pub(crate) fn hexadecimal(mut value: usize, platform: &mut Platform) {
    let mut text = [b'0'; 2 + 2 * size_of::<usize>()];
    text[1] = b'x';
    for digit in text.iter_mut().skip(2).rev() {
        let nibble = (value & 15) as u8;
        *digit = nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
        value >>= 4;
    }
    platform.print(&text);
}

/// What happened.
#[cold]
#[inline(never)]
pub(crate) fn describe(fault: &Fault, platform: &mut Platform) {
    platform.print(fault.kind.text().as_bytes());
    for (name, value) in [
        (" at ", fault.address),
        (", pc ", fault.pc),
        (", stack ", fault.stack),
    ] {
        platform.print(name.as_bytes());
        hexadecimal(value, platform);
    }
}

/// The supervisor is dead.
#[cold]
#[inline(never)]
pub(crate) fn supervisor_ended(platform: &mut Platform, fault: &Fault, message: &[u8]) -> ! {
    platform.print(b"supervisor: ");
    describe(fault, platform);
    if !message.is_empty() {
        platform.print(b": ");
        platform.print(message);
    }
    platform.print(b"\n");
    platform.off(1, false)
}
