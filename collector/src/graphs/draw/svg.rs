//! A picture as SVG, with its words for who does not see it.

use plotters::prelude::SVGBackend;

use super::palette::Theme;
use super::pen::{Letters, Outcome, Pen};
use super::{Canvas, DrawError, on};
use crate::printable::printable;

/// Points to units of the SVG's view box.
const SCALE: u32 = 10;

/// What `draw` draws into a picture of so many points.
pub fn drawn(
    (width, height): (u32, u32),
    theme: Theme,
    draw: impl for<'t> FnOnce(&Pen<'_, SVGBackend<'t>>) -> Outcome<SVGBackend<'t>>,
) -> Result<String, DrawError> {
    let mut text = String::new();
    let backend = SVGBackend::with_string(&mut text, (width * SCALE, height * SCALE));
    let canvas = Canvas { scale: f64::from(SCALE), letters: Letters::Viewers };
    on(backend, &canvas, theme, draw)?;
    Ok(text)
}

/// With its size, its title and its description.
pub fn titled(svg: &str, (width, height): (u32, u32), title: &str, description: &str) -> String {
    let size = format!("width=\"{}\" height=\"{}\"", width * SCALE, height * SCALE);
    let style = "font-variant-numeric=\"tabular-nums\" style=\"font-variant-numeric:tabular-nums\"";
    let named = "aria-labelledby=\"title description\"";
    let sized = format!("width=\"{width}\" height=\"{height}\" role=\"img\" {named} {style}");
    let svg = svg.replacen(&size, &sized, 1);
    let title = format!("<title id=\"title\">{}</title>", escaped(title));
    let description = format!("<desc id=\"description\">{}</desc>", escaped(description));
    svg.replacen(">\n", &format!(">\n{title}\n{description}\n"), 1)
}

/// A text as XML carries it.
fn escaped(text: &str) -> String {
    let text = printable(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
