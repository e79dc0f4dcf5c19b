//! Which recordings wait to be processed, from the marks that BigBlueButton's workers leave.
//!
//! Until 2.2 a step removed the mark of the step before. Since 2.3 marks stay, so `status/sanity`
//! holds every recording there ever was (bigbluebutton issues 12365 and 12716), and only what has no
//! mark of a later step waits.

use std::collections::BTreeSet;

/// The steps before processing, in order. Each leaves `ID.done`, or `ID.fail` and the like.
pub const STEPS: [&str; 3] = ["recorded", "archived", "sanity"];

/// The steps that leave a mark for each format, such as `ID-presentation.done`.
pub const FORMAT_STEPS: [&str; 2] = ["processed", "published"];

/// What is known of all recordings.
#[derive(Debug, Default)]
pub struct Marks<'n> {
    /// The names in `status/STEP`, in the order of [`STEPS`].
    pub steps: [&'n [String]; 3],
    /// The names in `status/STEP`, in the order of [`FORMAT_STEPS`].
    pub format_steps: [&'n [String]; 2],
    /// Recordings that stand ready in some format, published or not, or are deleted.
    pub ready: &'n [String],
    /// Recordings whose raw files are there. Without those nothing can be processed any more.
    pub raw: &'n [String],
}

/// The recordings that wait, each with the step that it has behind it.
pub fn waiting<'n>(marks: &Marks<'n>) -> Vec<(usize, &'n str)> {
    let mut further: BTreeSet<&str> = marks.ready.iter().map(String::as_str).collect();
    further.extend(
        marks.format_steps.iter().flat_map(|names| names.iter()).filter_map(|n| of_format(n)),
    );
    let raw: BTreeSet<&str> = marks.raw.iter().map(String::as_str).collect();
    let mut waiting = Vec::new();
    for (step, names) in marks.steps.iter().enumerate().rev() {
        for name in *names {
            let Some((id, mark)) = name.rsplit_once('.') else { continue };
            // Raw files come with the second step.
            let possible = step == 0 || raw.contains(id);
            if mark == "done" && possible && !further.contains(id) {
                waiting.push((step, id));
            }
        }
        further.extend(names.iter().filter_map(|name| Some(name.rsplit_once('.')?.0)));
    }
    waiting
}

/// How many steps have failed and were not tried again since.
pub fn failed(marks: &Marks<'_>) -> usize {
    let all = marks.steps.iter().chain(&marks.format_steps);
    all.flat_map(|names| names.iter()).filter(|name| mark(name) == Some("fail")).count()
}

/// The recordings that were published as `format` once.
pub fn published<'n>(marks: &Marks<'n>, format: &str) -> impl Iterator<Item = &'n str> {
    let end = format!("-{format}.done");
    let [_, published] = marks.format_steps;
    published.iter().filter_map(move |name| name.strip_suffix(&*end))
}

/// `ID-FORMAT.done` is of the recording `ID`; formats have no dash.
fn of_format(name: &str) -> Option<&str> {
    let (name, _) = name.rsplit_once('.')?;
    Some(name.rsplit_once('-')?.0)
}

/// `ID.done` is marked as `done`.
fn mark(name: &str) -> Option<&str> {
    Some(name.rsplit_once('.')?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_has_no_mark_of_a_later_step_waits() {
        // Recorded, archived, sanity, processed, published, ready, raw, and who waits.
        for (case, [recorded, archived, sanity, processed, published, ready, raw], expected) in [
            ("nothing", ["", "", "", "", "", "", ""], ""),
            ("only just recorded", ["a-1.done", "", "", "", "", "", ""], "0:a-1"),
            ("archived", ["", "a-1.done", "", "", "", "", "a-1"], "1:a-1"),
            ("not recorded after all", ["", "a-1.norecord", "", "", "", "", "a-1"], ""),
            ("2.2, in the queue", ["", "", "a-1.done", "", "", "", "a-1"], "2:a-1"),
            ("2.2, published", ["", "", "", "", "a-1-presentation.done", "a-1", "a-1"], ""),
            (
                "2.3, marks stay",
                [
                    "a-1.done b-2.done",
                    "a-1.done b-2.done",
                    "a-1.done b-2.done",
                    "a-1-presentation.done",
                    "",
                    "",
                    "a-1 b-2",
                ],
                "2:b-2",
            ),
            ("ready, its marks gone", ["", "", "a-1.done", "", "", "a-1", "a-1"], ""),
            ("its raw files gone", ["", "", "a-1.done", "", "", "", "b-2"], ""),
            ("failed", ["", "a-1.done", "a-1.fail", "", "", "", "a-1"], ""),
            ("failed later", ["", "", "a-1.done", "a-1-video.fail", "", "", "a-1"], ""),
            ("not a mark", ["README", "", "a-1", "x.done", "", "", ""], ""),
        ] {
            let lists = [recorded, archived, sanity, processed, published, ready, raw].map(names);
            let [recorded, archived, sanity, processed, published, ready, raw] =
                lists.each_ref().map(Vec::as_slice);
            let steps = [recorded, archived, sanity];
            let marks = Marks { steps, format_steps: [processed, published], ready, raw };
            let found: Vec<_> =
                waiting(&marks).iter().map(|(step, id)| format!("{step}:{id}")).collect();
            assert_eq!(found, names(expected), "{case}");
        }
    }
}
