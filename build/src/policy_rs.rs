//! The supervisor's policy, as Rust source that the supervisor includes.

use crate::arch::Arch;
use crate::manifest::{Bus, Range};
use crate::plan::{Bind, Functions, Plan};
use leasehold_abi::{label, names};
use serde_spanned::Spanned;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The source of `POLICY`; the types are in `userlib::policy`.
pub(crate) fn generate(plan: &Plan, arch: Arch) -> String {
    let mut out = format!("// Generated from {}.\n", plan.source.name());
    out.push_str("/// What binds to what.\n");
    out.push_str("pub static POLICY: ::userlib::policy::Policy = ::userlib::policy::Policy {\n");
    out.push_str("    tasks: &[\n");
    for (index, task) in plan.tasks.iter().enumerate() {
        let binds: String = task
            .binds
            .iter()
            .map(|bind| format!("                {},\n", bind_text(plan, bind)))
            .collect();
        let offers: String = task
            .offers
            .iter()
            .map(|name| {
                format!(
                    "                ::userlib::policy::Offer {{ name: {name:?}, label: {:#010x} }},\n",
                    label(name)
                )
            })
            .collect();
        let restart = &task.restart;
        let _ = writeln!(
            out,
            "        ::userlib::policy::TaskPolicy {{
            name: {:?},
            index: {index},
            autostart: {},
            offers: &[
{offers}            ],
            binds: &[
{binds}            ],
            restart: ::userlib::policy::Restart {{ always: {}, backoff_ms: {}, limit: {}, window_ms: {} }},
            heartbeat_ms: {},
            authority: ::userlib::policy::Authority::{:?},
        }},",
            task.name, task.autostart, restart.always, restart.backoff_ms, restart.limit, restart.window_ms, task.heartbeat_ms, task.authority
        );
    }
    out.push_str("    ],\n    devices: &[\n");
    for device in &plan.devices {
        let _ = writeln!(
            out,
            "        ::userlib::policy::DevicePolicy {{ name: {:?}, label: {:#010x}, grants: &{:?}, discovers: {} }},",
            device.name,
            label(&device.name),
            device.grants,
            match device.discovers {
                Some(Bus::Pci) => "Some(::userlib::policy::Bus::Pci)",
                None => "None",
            }
        );
    }
    out.push_str("    ],\n    names: &[\n");
    for (label, name) in names(plan) {
        let _ = writeln!(out, "        ({label:#010x}, {name:?}),");
    }
    let _ = write!(out, "    ],\n    chip: {},\n}};\n", chip_text(plan, arch));
    out
}

/// Every name that a label of the image may stand for, by label. The checks have refused two names with one label.
fn names(plan: &Plan) -> BTreeMap<u32, &str> {
    let devices = plan.devices.iter().map(|device| device.name.as_str());
    let grants = plan.grants.iter().map(|grant| grant.name.as_str());
    let offers = plan.tasks.iter().flat_map(|task| &task.offers);
    let mut all: Vec<&str> = names::all().collect();
    all.extend(devices.chain(grants).chain(offers.map(String::as_str)));
    all.into_iter().map(|name| (label(name), name)).collect()
}

/// The chip.
fn chip_text(plan: &Plan, arch: Arch) -> String {
    let range = |range: &Range| format!("({:#x}, {:#x})", range.base, range.size);
    let optional = |range: Option<&Spanned<Range>>| {
        range.map(|range| (range.get_ref().base, range.get_ref().size))
    };
    let memory = &plan.chip.memory;
    let kernel = plan.chip.kernel.get_ref();
    let devices: Vec<String> = kernel
        .iter()
        .filter_map(|(key, value)| {
            let name = key.get_ref().strip_suffix("-base")?;
            Some(format!("({name:?}, {:#x})", value.get_ref().as_integer()?))
        })
        .collect();
    format!(
        "::userlib::policy::ChipPolicy {{
        name: {:?},
        ticks_per_second: {},
        memory: {},
        flash: {:?},
        firmware: {:?},
        kernel: {},
        kernel_data: {},
        kernel_offset: {:#x},
        kernel_devices: &[{}],
        granule: {},
        lend_granule: {},
        floating_point: {},
    }}",
        plan.chip.chip.name.get_ref(),
        plan.chip.chip.ticks_per_second.get_ref(),
        range(memory.ram.get_ref()),
        optional(memory.flash.as_ref()),
        optional(memory.firmware.as_ref()),
        range(memory.kernel.get_ref()),
        range(memory.kernel_ram().get_ref()),
        arch.kernel_offset(),
        devices.join(", "),
        arch.granule(),
        arch.lend_granule(),
        plan.chip.chip.floating_point.is_some(),
    )
}

fn bind_text(plan: &Plan, bind: &Bind) -> String {
    match bind {
        Bind::Platform { device, pools } => {
            let device = &plan.devices[*device];
            format!(
                "::userlib::policy::Bind::Platform {{ name: {:?}, label: {:#010x}, pools: &{pools:?} }}",
                device.name,
                label(&device.name),
            )
        }
        Bind::Pci {
            functions,
            dma,
            writes,
            pools,
        } => {
            let Functions {
                ids,
                class: (class, mask),
                slot,
                nth,
            } = functions;
            let ids: Vec<String> = (ids.iter())
                .map(|(vendor, device)| {
                    format!("::userlib::supervisor::FunctionId::new({vendor:#06x}, {device:#06x})")
                })
                .collect();
            let functions = format!(
                "ids: &[{}], class: ({class:#08x}, {mask:#08x}), slot: {slot:?}, nth: {nth}",
                ids.join(", ")
            );
            format!(
                "::userlib::policy::Bind::Pci {{ functions: ::userlib::policy::Functions {{ {functions} }}, dma: {dma}, writes: {writes}, pools: &{pools:?} }}"
            )
        }
        Bind::Auxiliary { name, id } => format!(
            "::userlib::policy::Bind::Auxiliary {{ name: {name:?}, label: {:#010x}, id: {id} }}",
            label(name)
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::common::{CHIP, MANIFEST, Repository};

    #[test]
    fn every_kind_of_binding_is_written() {
        let repository = Repository::new(MANIFEST, CHIP);
        let plan = crate::check(repository.root(), "demo", "board").unwrap();
        let source = super::generate(&plan, crate::arch::Arch::Sv39);
        // The devices are in the order of their names: pci has grants 0 to 3, uart0 4 and 5.
        for part in [
            "Bind::Platform { name: \"uart0\", label: 0x",
            "Functions { ids: &[::userlib::supervisor::FunctionId::new(0x1234, 0x11e8)], class: (0x000000, 0x000000), slot: None, nth: 0 }, dma: true, writes: false, pools: &[6] }",
            "Offer { name: \"edu.sample\", label: 0x71c1f71d }",
            "Bind::Auxiliary { name: \"edu.sample\", label: 0x71c1f71d, id: 1 }",
            "Restart { always: true, backoff_ms: 20, limit: 5, window_ms: 10000 }",
            "DevicePolicy { name: \"pci\", label: 0x",
            "grants: &[0, 1, 2, 3], discovers: Some(::userlib::policy::Bus::Pci) }",
            "grants: &[4, 5], discovers: None }",
            "memory: (0x80000000, 0x1000000),",
            "flash: None,",
            "firmware: Some((2147483648, 2097152)),",
            "(0x71c1f71d, \"edu.sample\"),",
            "\"edu.dma\"),",
            "\"registers\"),",
            "\"irq1\"),",
            "\"window3\"),",
            "kernel_devices: &[(\"finisher\", 0x100000), (\"plic\", 0xc000000), (\"uart\", 0x10000000)],",
        ] {
            assert!(source.contains(part), "no `{part}` in:\n{source}");
        }
    }

    #[test]
    fn names_are_sorted_by_label_as_the_search_wants_them() {
        let repository = Repository::new(MANIFEST, CHIP);
        let plan = crate::check(repository.root(), "demo", "board").unwrap();
        let names = super::names(&plan);
        assert!(names.keys().is_sorted());
        assert!(
            names
                .iter()
                .all(|(label, name)| *label == leasehold_abi::label(name))
        );
        assert_eq!(names.values().filter(|name| **name == "config").count(), 1);
    }
}
