//! A mistake in a file, shown with the file's name, the line, a caret and a hint.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// A file that was read, with the name to show for it.
#[derive(Clone, Debug)]
pub struct Source(Arc<(String, String)>);

impl Source {
    /// A text under a name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Arc::new((name.into(), text.into())))
    }

    /// Reads `root/path`, shown as `path`.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read(root: &Path, path: &Path) -> std::io::Result<Self> {
        Ok(Self::new(
            path.display().to_string(),
            std::fs::read_to_string(root.join(path))?,
        ))
    }

    /// The name to show.
    pub fn name(&self) -> &str {
        &self.0.0
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0.1
    }
}

/// A place in a file, and a text about it.
#[derive(Debug)]
struct Note {
    source: Source,
    span: Range<usize>,
    text: String,
}

/// One thing that is wrong, or doubtful.
#[derive(Debug)]
pub struct Problem {
    warning: bool,
    title: Box<str>,
    primary: Note,
    related: Vec<Note>,
    hint: Option<Box<str>>,
}

impl Problem {
    /// Something wrong at `span` (byte offsets) of `source`.
    pub fn new(source: &Source, span: Range<usize>, title: impl Into<Box<str>>) -> Self {
        Self {
            warning: false,
            title: title.into(),
            primary: Note {
                source: source.clone(),
                span,
                text: String::new(),
            },
            related: Vec::new(),
            hint: None,
        }
    }

    /// Sets the text beside the caret.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds another place that belongs to the problem.
    pub fn related(mut self, source: &Source, span: Range<usize>, text: impl Into<String>) -> Self {
        self.related.push(Note {
            source: source.clone(),
            span,
            text: text.into(),
        });
        self
    }

    /// Sets the advice.
    pub fn hint(mut self, text: impl Into<Box<str>>) -> Self {
        self.hint = Some(text.into());
        self
    }

    /// Makes it a warning: the image can be built in spite of it.
    pub fn warning(mut self) -> Self {
        self.warning = true;
        self
    }

    /// The place.
    pub fn span(&self) -> Range<usize> {
        self.primary.span.clone()
    }

    fn render(&self) -> String {
        let mut snippets: Vec<Snippet<'_, annotate_snippets::Annotation<'_>>> = Vec::new();
        let mut main = snippet(&self.primary.source).annotation(
            AnnotationKind::Primary
                .span(visible(&self.primary))
                .label(self.primary.text.as_str()),
        );
        for note in &self.related {
            let annotation = AnnotationKind::Context
                .span(visible(note))
                .label(note.text.as_str());
            if note.source.name() == self.primary.source.name() {
                main = main.annotation(annotation);
            } else {
                snippets.push(snippet(&note.source).annotation(annotation));
            }
        }
        let level = if self.warning {
            Level::WARNING
        } else {
            Level::ERROR
        };
        let mut report: Vec<Group<'_>> = vec![
            level
                .primary_title(&*self.title)
                .element(main)
                .elements(snippets),
        ];
        if let Some(hint) = &self.hint {
            report.push(Group::with_title(Level::HELP.secondary_title(&**hint)));
        }
        Renderer::plain().render(&report)
    }
}

fn snippet(source: &Source) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    Snippet::source(source.text()).path(source.name())
}

/// A span that can be shown: at most one line, and at least one character wide.
fn visible(note: &Note) -> Range<usize> {
    let text = note.source.text();
    let start = note.span.start.min(text.len());
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    start..note.span.end.min(line_end).max(start)
}

/// All mistakes, collected in one run.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// One more.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// The first.
    pub(crate) fn first(&self) -> Option<&Problem> {
        self.0.first()
    }

    /// Whether nothing was found, not even a warning.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The warnings, if there are no errors.
    ///
    /// # Errors
    /// The errors, if there are any; then the warnings are not shown.
    pub fn into_result(self) -> Result<Self, Self> {
        let (warnings, errors): (Vec<_>, Vec<_>) =
            self.0.into_iter().partition(|problem| problem.warning);
        if errors.is_empty() {
            Ok(Self(warnings))
        } else {
            Err(Self(errors))
        }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n\n")?;
            }
            formatter.write_str(&problem.render())?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The known name that is most similar to `written`, if it is similar enough to be meant.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let (distance, name) = known
        .into_iter()
        .map(|name| (edit_distance(written, name), name))
        .min()?;
    (distance <= 1 + written.len() / 4).then_some(name)
}

/// Levenshtein distance.
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, b) in to.iter().enumerate() {
            let substitute = diagonal + usize::from(a != *b);
            diagonal = row[column + 1];
            row[column + 1] = substitute.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
