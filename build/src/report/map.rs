//! The memory map as a picture (SVG): RAM as strips, and every task by its parts.

use super::{Facts, bytes, parts};
use std::fmt::Write;

/// Width of the picture and of its margins, in pixels.
const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 40.0;
/// Tops of the two strips.
const STRIPS: [f64; 2] = [130.0, 300.0];
/// Where the bars of the task rows begin and end.
const BAR_LEFT: f64 = 330.0;
const BAR_RIGHT: f64 = WIDTH - MARGIN - 90.0;
/// Height of a task's row, and of a bar.
const ROW: f64 = 34.0;
const BAR: f64 = 20.0;

/// Parts of a task with their colours; dark text reads on all of them.
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

/// A strip's piece: name, first address, bytes, colour.
type Piece = (String, u64, u64, String);

/// The picture.
pub(crate) fn map(facts: &Facts<'_>) -> String {
    let pieces = pieces(facts);
    let rows_top = STRIPS[1] + 220.0;
    let height = rows_top + ROW * facts.plan.tasks.len() as f64 + 60.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    let plan = facts.plan;
    let memory = &plan.chip.memory;
    let ram = memory.ram.get_ref();
    let title = format!("Memory of {} on {}", plan.app, plan.board);
    text(
        &mut out,
        MARGIN,
        40.0,
        "font-size=\"22\" font-weight=\"bold\"",
        &title,
    );
    let used = facts.layout.end - ram.base;
    let about = format!(
        "RAM {:#x}..{:#x}: {} of {} in use, {} of it lost to rounding",
        ram.base,
        ram.end(),
        bytes(used),
        bytes(ram.size),
        bytes(facts.waste())
    );
    text(&mut out, MARGIN, 64.0, "fill=\"#555\"", &about);
    heading(&mut out, 104.0, "All of RAM");
    let whole = (ram.base, ram.end());
    let tasks = (memory.kernel.get_ref().end(), facts.layout.end);
    strip(&mut out, STRIPS[0], whole, &pieces);
    funnel(&mut out, tasks, whole);
    heading(&mut out, STRIPS[1] - 26.0, "Tasks and pools");
    strip(&mut out, STRIPS[1], tasks, &pieces);
    heading(&mut out, rows_top - 58.0, "Tasks by rank, all at one scale");
    legend(&mut out, rows_top - 30.0);
    rows(&mut out, facts, rows_top);
    out.push_str("</svg>\n");
    out
}

/// Everything in RAM by address.
fn pieces(facts: &Facts<'_>) -> Vec<Piece> {
    let memory = &facts.plan.chip.memory;
    let mut pieces = Vec::new();
    if let Some(firmware) = &memory.firmware {
        let range = firmware.get_ref();
        pieces.push((
            "firmware".to_owned(),
            range.base,
            range.size,
            "#b9b9b9".to_owned(),
        ));
    }
    let room = memory.kernel.get_ref();
    let taken = facts.kernel_end - room.base;
    pieces.push(("kernel".to_owned(), room.base, taken, "#5b8db8".to_owned()));
    pieces.push((
        "room".to_owned(),
        facts.kernel_end,
        room.size - taken,
        "#d5e3ef".to_owned(),
    ));
    for (rank, (task, packed)) in facts.tasks().enumerate() {
        let range = packed.range();
        pieces.push((task.name.clone(), range.base, range.size, hue(rank)));
    }
    for (grant, range) in &facts.layout.pools {
        let name = facts.plan.grants[*grant].name.clone();
        pieces.push((name, range.base, range.size, "#f5e663".to_owned()));
    }
    pieces
}

/// A colour of a task's own: neighbours are far apart on the wheel.
fn hue(rank: usize) -> String {
    format!("hsl({}, 60%, 72%)", rank * 137 % 360)
}

/// A bar over a range of addresses, which stand below its ends. Names that do not fit into
/// their piece stand slanted below it.
fn strip(out: &mut String, top: f64, (first, end): (u64, u64), pieces: &[Piece]) {
    let scale = (WIDTH - 2.0 * MARGIN) / (end - first).max(1) as f64;
    let width = WIDTH - 2.0 * MARGIN;
    rectangle(out, (MARGIN, top, width, 32.0), "#f4f4f4", "free");
    // The next slanted name must be left of this.
    let mut free_until = WIDTH;
    for (name, base, size, colour) in pieces.iter().rev() {
        if *size == 0 || *base < first {
            continue;
        }
        let (left, wide) = (MARGIN + (base - first) as f64 * scale, *size as f64 * scale);
        let note = format!("{name}: {:#x}..{:#x}, {}", base, base + size, bytes(*size));
        rectangle(out, (left, top, wide, 32.0), colour, &note);
        if wide > 8.0 * name.len() as f64 {
            text(
                out,
                left + wide / 2.0,
                top + 21.0,
                "text-anchor=\"middle\"",
                name,
            );
        } else {
            let at = (left + wide / 2.0).min(free_until - 15.0);
            free_until = at;
            let style = format!(
                "text-anchor=\"end\" font-size=\"12\" transform=\"rotate(-40 {at:.1} {:.1})\"",
                top + 46.0
            );
            text(out, at + 4.0, top + 46.0, &style, name);
        }
    }
    let style = "font-size=\"11\" font-family=\"monospace\" fill=\"#555\"";
    text(out, MARGIN, top - 5.0, style, &format!("{first:#x}"));
    let style = format!("{style} text-anchor=\"end\"");
    text(out, WIDTH - MARGIN, top - 5.0, &style, &format!("{end:#x}"));
}

/// Lines from a range's place in the upper strip to the ends of the lower one.
fn funnel(out: &mut String, range: (u64, u64), whole: (u64, u64)) {
    let width = WIDTH - 2.0 * MARGIN;
    let scale = width / (whole.1 - whole.0).max(1) as f64;
    for (address, to) in [(range.0, MARGIN), (range.1, MARGIN + width)] {
        let from = MARGIN + (address - whole.0) as f64 * scale;
        let _ = writeln!(
            out,
            "<path d=\"M{from:.1} {} L{to:.1} {}\" stroke=\"#999\" stroke-dasharray=\"4 3\" fill=\"none\"/>",
            STRIPS[0] + 32.0,
            STRIPS[1]
        );
    }
}

fn legend(out: &mut String, top: f64) {
    let mut left = MARGIN;
    for (name, colour) in COLOURS {
        rectangle(out, (left, top - 11.0, 14.0, 14.0), colour, name);
        text(out, left + 20.0, top, "", name);
        left += 48.0 + 8.0 * name.len() as f64;
    }
}

fn rows(out: &mut String, facts: &Facts<'_>, top: f64) {
    let largest = facts
        .layout
        .tasks
        .iter()
        .map(|packed| packed.range().size)
        .max()
        .unwrap_or(1);
    let scale = (BAR_RIGHT - BAR_LEFT) / largest.max(1) as f64;
    for (rank, (task, packed)) in facts.tasks().enumerate() {
        let top = top + ROW * rank as f64;
        let base = top + 15.0;
        rectangle(out, (MARGIN, top, 8.0, BAR), &hue(rank), &task.name);
        text(
            out,
            MARGIN + 16.0,
            base,
            "font-weight=\"bold\"",
            &format!("{rank}  {}", task.name),
        );
        let range = packed.range();
        text(
            out,
            205.0,
            base,
            "font-family=\"monospace\" fill=\"#555\"",
            &format!("{:#x}", range.base),
        );
        let mut left = BAR_LEFT;
        for ((name, size), (_, colour)) in parts(task, packed).into_iter().zip(COLOURS) {
            let wide = size as f64 * scale;
            if size > 0 {
                rectangle(
                    out,
                    (left, top, wide, BAR),
                    colour,
                    &format!("{name}: {}", bytes(size)),
                );
                let label = bytes(size);
                if wide > 7.5 * label.len() as f64 {
                    text(
                        out,
                        left + wide / 2.0,
                        base,
                        "text-anchor=\"middle\" font-size=\"11\"",
                        &label,
                    );
                }
            }
            left += wide;
        }
        text(out, left + 8.0, base, "", &bytes(range.size));
    }
}

fn heading(out: &mut String, base: f64, words: &str) {
    text(
        out,
        MARGIN,
        base,
        "font-size=\"15\" font-weight=\"bold\"",
        words,
    );
}

fn text(out: &mut String, left: f64, base: f64, style: &str, words: &str) {
    let _ = writeln!(
        out,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" {style}>{}</text>",
        escape(words)
    );
}

/// A box with a note that shows under the pointer.
fn rectangle(
    out: &mut String,
    (left, top, wide, high): (f64, f64, f64, f64),
    colour: &str,
    note: &str,
) {
    let _ = writeln!(
        out,
        "<rect x=\"{left:.2}\" y=\"{top:.1}\" width=\"{wide:.2}\" height=\"{high}\" fill=\"{colour}\" \
         stroke=\"#666\" stroke-width=\"0.5\"><title>{}</title></rect>",
        escape(note)
    );
}

fn escape(words: &str) -> String {
    words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
