//! The supervisor's policy, as Rust source that the supervisor includes.

use crate::plan::{Bind, Plan};
use leasehold_abi::label;
use std::fmt::Write;

/// The source of `POLICY`; the types are in `userlib::policy`.
pub(crate) fn generate(plan: &Plan) -> String {
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
        let restart = &task.restart;
        let always = restart.policy == crate::manifest::RestartPolicy::Always;
        let _ = writeln!(
            out,
            "        ::userlib::policy::TaskPolicy {{
            name: {:?},
            index: {index},
            autostart: {},
            binds: &[
{binds}            ],
            restart: ::userlib::policy::Restart {{ always: {always}, backoff_ms: {}, limit: {}, window_ms: {} }},
            release_ms: {},
        }},",
            task.name, task.autostart, restart.backoff_ms, restart.limit, restart.window_ms, task.release_ms
        );
    }
    out.push_str("    ],\n    devices: &[\n");
    for device in &plan.devices {
        let _ = writeln!(
            out,
            "        ::userlib::policy::DevicePolicy {{ name: {:?}, label: {:#010x}, grants: &{:?} }},",
            device.name,
            label(&device.name),
            device.grants
        );
    }
    out.push_str("    ],\n};\n");
    out
}

fn bind_text(plan: &Plan, bind: &Bind) -> String {
    match bind {
        Bind::Platform { device, exclusive } => {
            let device = &plan.devices[*device];
            format!(
                "::userlib::policy::Bind::Platform {{ name: {:?}, label: {:#010x}, grants: &{:?}, exclusive: {exclusive} }}",
                device.name,
                label(&device.name),
                device.grants
            )
        }
        Bind::Pci {
            vendor,
            device,
            dma,
            pool,
        } => format!(
            "::userlib::policy::Bind::Pci {{ vendor: {vendor:#06x}, device: {device:#06x}, dma: {dma}, pool: {pool:?} }}"
        ),
        Bind::Auxiliary { name, id } => format!(
            "::userlib::policy::Bind::Auxiliary {{ name: {name:?}, label: {:#010x}, id: {id} }}",
            label(name)
        ),
    }
}
