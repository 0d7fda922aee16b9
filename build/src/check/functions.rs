//! Which PCI function a binding is of: by identifiers, by class, by place, and which of those.

use super::Checker;
use crate::manifest;
use crate::plan::Functions;
use crate::problem::Problem;
use leasehold_abi::names::ANY_ID;
use serde_spanned::Spanned;

/// The functions of a bus that a binding tells apart, at most.
const MOST: u32 = 256;

/// The numbers that the leases of such functions may have: vendor in the upper half, device in the lower. Any, where
/// the binding names no identifiers.
pub(super) fn function_ids(bind: &manifest::Bind) -> Vec<u32> {
    let Some(ids) = &bind.pci else {
        return vec![ANY_ID];
    };
    let ids = ids.get_ref().split(' ').filter_map(pci_id);
    ids.map(|(vendor, device)| u32::from(vendor) << 16 | u32::from(device))
        .collect()
}

/// What a binding says, for a person. Two bindings that say the same are of one function.
pub(super) fn function_text(bind: &manifest::Bind) -> String {
    // Upper and lower case name the same function.
    let lower = |text: &Spanned<String>| text.get_ref().to_ascii_lowercase();
    let mut text = String::from("PCI function");
    let parts = [
        ("", &bind.pci),
        (" of class", &bind.pci_class),
        (" at", &bind.pci_slot),
    ];
    for (what, part) in parts {
        if let Some(part) = part {
            text += &format!("{what} `{}`", lower(part));
        }
    }
    match bind.nth.as_ref().map_or(0, |nth| *nth.get_ref()) {
        0 => text,
        nth => format!("{text}, number {nth}"),
    }
}

impl Checker<'_> {
    /// Which function a binding is of.
    pub(super) fn functions(&mut self, bind: &manifest::Bind) -> Option<Functions> {
        let ids = match &bind.pci {
            Some(ids) => self.pci_ids(ids),
            None => Some(Vec::new()),
        };
        let class = match &bind.pci_class {
            Some(class) => self.pci_class(class),
            None => Some((0, 0)),
        };
        let slot = match &bind.pci_slot {
            Some(slot) => self.pci_slot(slot).map(Some),
            None => Some(None),
        };
        let nth = match &bind.nth {
            Some(nth) => self.nth(nth, bind.pci_slot.as_ref()),
            None => Some(0),
        };
        Some(Functions {
            ids: ids?,
            class: class?,
            slot: slot?,
            nth: nth?,
        })
    }

    fn pci_ids(&mut self, ids: &Spanned<String>) -> Option<Vec<(u16, u16)>> {
        let mut all = Vec::new();
        for id in ids.get_ref().split(' ') {
            let parsed = pci_id(id);
            // Configuration space reads as this value if there is no function (PCI Local Bus Specification 3.0, 6.1).
            if let Some((0xffff, _) | (0, 0)) = parsed {
                self.problems.push(
                    Problem::new(
                        self.source,
                        ids.span(),
                        format!("no PCI function is `{id}`"),
                    )
                    .label("what an empty place reads as")
                    .hint("`devices` in the demo's shell lists the functions that there are"),
                );
            }
            let Some(parsed) = parsed else {
                self.problems.push(
                    Problem::new(
                        self.source,
                        ids.span(),
                        format!("`{id}` is no PCI identifier"),
                    )
                    .label("not `vendor:device`")
                    .hint("write four hexadecimal digits each, such as \"1234:11e8\""),
                );
                return None;
            };
            all.push(parsed);
        }
        Some(all)
    }

    /// Bits of the class code, and which of them count.
    fn pci_class(&mut self, class: &Spanned<String>) -> Option<(u32, u32)> {
        let text = class.get_ref();
        let digits = matches!(text.len(), 2 | 4 | 6) && hexadecimal(text);
        let value = digits.then(|| u32::from_str_radix(text, 16).ok()).flatten();
        if let Some(value) = value {
            let unused = 4 * (6 - text.len() as u32);
            return Some((value << unused, 0xff_ffff >> unused << unused));
        }
        self.problems.push(
            Problem::new(
                self.source,
                class.span(),
                format!("`{class}` is no PCI class"),
            )
            .label("not 2, 4 or 6 hexadecimal digits")
            .hint("write base class, subclass and interface, such as \"010802\", or the first of them"),
        );
        None
    }

    /// Bus, device and function in 16 bits.
    fn pci_slot(&mut self, slot: &Spanned<String>) -> Option<u16> {
        let parsed = slot_of(slot.get_ref());
        if parsed.is_none() {
            self.problems.push(
                Problem::new(
                    self.source,
                    slot.span(),
                    format!("`{slot}` is no place on a PCI bus"),
                )
                .label("not `bus:device.function`")
                .hint("write it as the log of `pci-host` does, such as \"00:03.0\""),
            );
        }
        parsed
    }

    fn nth(&mut self, nth: &Spanned<u32>, slot: Option<&Spanned<String>>) -> Option<u8> {
        let value = *nth.get_ref();
        let problem = Problem::new(
            self.source,
            nth.span(),
            format!("there is no PCI function number {value}"),
        );
        if let Some(slot) = slot.filter(|_| value != 0) {
            self.problems.push(
                problem
                    .label("of those in one place")
                    .related(self.source, slot.span(), "one function is there at most")
                    .hint("leave `nth` out"),
            );
            return None;
        }
        if value >= MOST {
            self.problems.push(
                problem
                    .label("a bus has 256 functions at most")
                    .hint("count from 0, in the order of the bus"),
            );
            return None;
        }
        Some(value as u8)
    }
}

fn hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Vendor and device of `"vendor:device"`, four hexadecimal digits each.
pub(super) fn pci_id(text: &str) -> Option<(u16, u16)> {
    let half = |text: &str| {
        let digits = text.len() == 4 && hexadecimal(text);
        digits.then(|| u16::from_str_radix(text, 16).ok()).flatten()
    };
    let (vendor, device) = text.split_once(':')?;
    Some((half(vendor)?, half(device)?))
}

/// Bus (bits 15 to 8), device and function (bits 2 to 0) of `"bus:device.function"`.
fn slot_of(text: &str) -> Option<u16> {
    let number = |text: &str, length: usize, end: u16| {
        let digits = text.len() == length && hexadecimal(text);
        let value = digits.then(|| u16::from_str_radix(text, 16).ok()).flatten();
        value.filter(|value| *value < end)
    };
    let (bus, rest) = text.split_once(':')?;
    let (device, function) = rest.split_once('.')?;
    Some(number(bus, 2, 256)? << 8 | number(device, 2, 32)? << 3 | number(function, 1, 8)?)
}
