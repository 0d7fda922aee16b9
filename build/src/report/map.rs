//! The memory map as a picture: RAM as strips, and every task by its parts.

use super::draw::{MARGIN, Picture, Piece, STRIP, WIDTH};
use super::{Facts, Memory, bytes, parts};
use crate::manifest::Range;
use crate::pack::Owner;

/// Tops of the strips, of the rows' legend, of the rows.
const RAM_TOP: f64 = 130.0;
const TASKS_TOP: f64 = 285.0;
const LEGEND_TOP: f64 = 460.0;
const ROWS_TOP: f64 = 486.0;
/// Where the bars of the rows begin and end.
const BAR_LEFT: f64 = 330.0;
const BAR_RIGHT: f64 = WIDTH - MARGIN - 90.0;
/// Height of a row, and of its bar.
const ROW: f64 = 34.0;
const BAR: f64 = 20.0;

/// Parts of a task with their colours; dark words read on all of them.
const COLOURS: [(&str, &str); 8] = [
    ("text", "#7fb3e6"),
    ("constants", "#8fd3c8"),
    ("guard", "#e27d7d"),
    ("stack", "#f2b66d"),
    ("data", "#c8a2dc"),
    ("zeroed", "#e3c9ef"),
    ("arena", "#a8d67f"),
    ("rounding", "#dcdcdc"),
];

/// The picture.
pub(crate) fn map(facts: &Facts<'_>) -> String {
    let plan = facts.plan;
    let memory = &plan.chip.memory;
    let ram = memory.ram.get_ref();
    let rows = plan.tasks.len() as f64;
    let mut picture = Picture::new(ROWS_TOP + ROW * rows + 20.0);
    let title = format!("Memory of {} on {}", plan.app, plan.board);
    picture.text(
        (MARGIN, 40.0),
        "font-size=\"22\" font-weight=\"bold\"",
        &title,
    );
    let in_use = |memory: &Memory| {
        let Range { base, size } = memory.all;
        let end = memory.all.end();
        let (name, used, size) = (memory.name, bytes(memory.used()), bytes(size));
        format!("{name} {base:#x}..{end:#x}: {used} of {size} in use")
    };
    let memories: Vec<String> = facts.memories().iter().map(in_use).collect();
    let about = format!(
        "{}; whole regions lose {} in tasks",
        memories.join("; "),
        bytes(facts.waste())
    );
    picture.text((MARGIN, 64.0), "fill=\"#555\"", &about);

    let parts = ram_parts(facts);
    picture.heading(102.0, "All of RAM");
    picture.strip(RAM_TOP, (ram.base, ram.end()), &parts, false);
    let names: Vec<(String, &str)> = parts
        .iter()
        .map(|part| {
            (
                format!("{} {}", part.name, bytes(part.size)),
                part.colour.as_str(),
            )
        })
        .collect();
    let entries = names.iter().map(|(name, colour)| (name.as_str(), *colour));
    picture.legend(RAM_TOP + STRIP + 32.0, entries);

    let used = (facts.starts().ram, facts.layout.end);
    picture.heading(TASKS_TOP - 28.0, "Tasks and DMA pools in RAM, by address");
    picture.strip(TASKS_TOP, used, &task_pieces(facts), true);

    picture.heading(LEGEND_TOP - 26.0, "Tasks by rank, all at one scale");
    picture.legend(LEGEND_TOP, COLOURS.into_iter());
    draw_rows(&mut picture, facts);
    picture.finish()
}

/// RAM in a few parts.
fn ram_parts(facts: &Facts<'_>) -> Vec<Piece> {
    let memory = &facts.plan.chip.memory;
    let room = memory.kernel_ram().get_ref();
    let taken = facts.kernel_ends.1 - room.base;
    let piece = |name: &str, base, end: u64, colour: &str| Piece {
        name: name.to_owned(),
        base,
        size: end - base,
        colour: colour.to_owned(),
    };
    let firmware = memory.firmware.as_ref().map(|range| *range.get_ref());
    let mut parts: Vec<Piece> = firmware
        .map(|range| piece("firmware", range.base, range.end(), "#b9b9b9"))
        .into_iter()
        .collect();
    parts.push(piece("kernel", room.base, room.base + taken, "#5b8db8"));
    parts.push(piece(
        "kept for the kernel",
        room.base + taken,
        room.end(),
        "#c5dcee",
    ));
    parts.push(piece(
        "tasks and pools",
        room.end(),
        facts.layout.end,
        "#f2b66d",
    ));
    let end = memory.ram.get_ref().end();
    parts.push(piece("free", facts.layout.end, end, "#f4f4f4"));
    parts
}

/// Tasks and pools in RAM by address.
fn task_pieces(facts: &Facts<'_>) -> Vec<Piece> {
    let ram = facts.plan.chip.memory.ram.get_ref();
    let pieces = facts.layout.pieces().into_iter();
    let pieces = pieces.filter(|(_, range)| ram.contains(range));
    let piece = |(owner, range): (Owner, Range)| {
        let (name, colour) = match owner {
            Owner::Task(rank) => (facts.plan.tasks[rank].name.clone(), colour_of(rank)),
            Owner::Pool(grant) => (facts.plan.grants[grant].name.clone(), "#f5e663".to_owned()),
        };
        Piece {
            name,
            base: range.base,
            size: range.size,
            colour,
        }
    };
    pieces.map(piece).collect()
}

/// The colour of a task: neighbours are far apart on the colour wheel.
fn colour_of(rank: usize) -> String {
    format!("hsl({}, 60%, 72%)", rank * 137 % 360)
}

fn draw_rows(picture: &mut Picture, facts: &Facts<'_>) {
    let sizes = facts.layout.tasks.iter().map(|packed| packed.bytes());
    let scale = (BAR_RIGHT - BAR_LEFT) / sizes.max().unwrap_or(1).max(1) as f64;
    for (rank, (task, packed)) in facts.tasks().enumerate() {
        let top = ROWS_TOP + ROW * rank as f64;
        let base = top + 15.0;
        picture.rectangle((MARGIN, top, 8.0, BAR), &colour_of(rank), &task.name);
        let name = format!("{rank}  {}", task.name);
        picture.text((MARGIN + 16.0, base), "font-weight=\"bold\"", &name);
        let style = "font-family=\"monospace\" fill=\"#555\"";
        picture.text((205.0, base), style, &format!("{:#x}", packed.place.text));
        let mut left = BAR_LEFT;
        for ((name, size), (_, colour)) in parts(task, packed).into_iter().zip(COLOURS) {
            let (wide, label) = (size as f64 * scale, bytes(size));
            if size > 0 {
                picture.rectangle((left, top, wide, BAR), colour, &format!("{name}: {label}"));
            }
            if wide > 7.5 * label.len() as f64 {
                let style = "text-anchor=\"middle\" font-size=\"11\"";
                picture.text((left + wide / 2.0, base), style, &label);
            }
            left += wide;
        }
        picture.text((left + 8.0, base), "", &bytes(packed.bytes()));
    }
}
