//! The picture: 900 × 400 points, drawn with plotters as SVG or PNG.
//!
//! This module is the only one that knows plotters. Everything is placed in points; a pen scales
//! them, so that SVG keeps tenths of a point and PNG can be drawn for sharp screens.

mod axes;
mod curve;
mod curves;
mod events;
mod gaps;
mod labels;
mod legend;
mod map;
mod names;
mod palette;
mod pen;
mod room;
mod scatter;
mod signs;
mod smoke;
mod svg;
mod word;

use std::sync::LazyLock;

use headroom_proto::panics::{self, Panicked};
use plotters::prelude::{BitMapBackend, DrawingBackend, FontStyle, IntoDrawingArea};
use plotters::style::register_font;

pub use self::map::{map_svg, points as map_points};
use self::palette::Palette;
pub use self::palette::Theme;
use self::pen::{Letters, Pen, Point};
pub use self::scatter::scatter_svg;
use super::export;
use super::graph::{Graph, Pings};
use crate::latency::Smoke;

/// The size of a picture; letters are the same in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Size {
    /// 900 × 400 with a legend of two lines, to be sent around.
    #[default]
    Full,
    /// 580 × 320, for two beside each other.
    Small,
    /// 900 wide and flat, for several below each other on one axis of time.
    Strip,
    /// 360 × 300, for a phone, with fewer figures.
    Narrow,
}

const SIZES: [(Size, &str); 4] = [
    (Size::Full, "full"),
    (Size::Small, "small"),
    (Size::Strip, "strip"),
    (Size::Narrow, "narrow"),
];

impl Size {
    /// The size of that name.
    pub fn named(name: &str) -> Option<Self> {
        SIZES.iter().find(|(_, known)| *known == name).map(|(size, _)| *size)
    }

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        SIZES.iter().find(|(size, _)| *size == self).map_or("", |(_, name)| name)
    }

    /// The width of the picture and the height of the plot, in points.
    fn plot(self) -> (f64, f64) {
        match self {
            Self::Full => (900.0, 234.0),
            Self::Small => (580.0, 154.0),
            Self::Strip => (900.0, 120.0),
            Self::Narrow => (360.0, 134.0),
        }
    }
}

/// How a picture looks.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Its colours.
    pub theme: Theme,
    /// Its size.
    pub size: Size,
}

/// What a picture is drawn on.
struct Canvas {
    /// Points to units of the backend.
    scale: f64,
    letters: Letters,
}

/// The width and height of a graph's picture, in points: the legend has a row for each line.
pub fn points(graph: &Graph, size: Size) -> (u32, u32) {
    let frame = Frame::of(size);
    let key = if smoke_of(graph).is_some() { smoke::KEY } else { 0.0 };
    let height = frame.bottom + legend::height(graph.lines.len()) + key;
    ((frame.right + MARGIN) as u32, height as u32)
}

/// The smoke that a picture shows.
fn smoke_of(graph: &Graph) -> Option<&Smoke> {
    graph.pings.as_ref().and_then(Pings::of_path)
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// Plotters failed.
    #[error("failed to draw the graph: {0}")]
    Plot(String),
    /// The bitmap could not be written as PNG.
    #[error("failed to encode the graph as PNG")]
    Encode(#[from] png::EncodingError),
    /// What draws did not survive the graph.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

/// Where things lie within the picture, in points.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// The plot.
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Whether a line under the title says when; a flat picture says it beside the unit.
    says_when: bool,
}

/// Room for title and time around the plot.
const MARGIN_LEFT: f64 = 58.0;
const MARGIN: f64 = 16.0;
const MARGIN_TOP: f64 = 58.0;
const MARGIN_TOP_STRIP: f64 = 44.0;

/// About how many grid lines a plot has, and a flat one.
const LINES: f64 = 7.0;
const LINES_STRIP: f64 = 5.0;

impl Frame {
    fn of(size: Size) -> Self {
        let (width, height) = size.plot();
        let says_when = size != Size::Strip;
        let top = if says_when { MARGIN_TOP } else { MARGIN_TOP_STRIP };
        Self { left: MARGIN_LEFT, right: width - MARGIN, top, bottom: top + height, says_when }
    }

    /// About how many grid lines it has room for.
    fn lines(self) -> f64 {
        if self.says_when { LINES } else { LINES_STRIP }
    }

    fn width(self) -> f64 {
        self.right - self.left
    }

    /// Whether there is room for the essential only.
    fn is_narrow(self) -> bool {
        self.width() < 400.0
    }

    fn height(self) -> f64 {
        self.bottom - self.top
    }

    /// The place of a moment of the graph's span.
    fn x(self, graph: &Graph, timestamp_ms: i64) -> f64 {
        let since_ms = timestamp_ms.saturating_sub(graph.span.from_ms);
        let part = since_ms as f64 / 1000.0 / graph.span.seconds();
        self.left + self.width() * part.clamp(0.0, 1.0)
    }
}

/// The fonts come with the program; the system's are never asked.
static FONTS: LazyLock<bool> = LazyLock::new(|| {
    let font = epaint_default_fonts::UBUNTU_LIGHT;
    let styles = [FontStyle::Normal, FontStyle::Bold];
    styles.into_iter().all(|style| register_font(pen::FONT, style, font).is_ok())
});

/// The graph as SVG.
pub fn svg(graph: &Graph, look: Look) -> Result<String, DrawError> {
    caught(graph, || draw_svg(graph, look))
}

/// The graph as PNG, with `density` pixels to a point.
pub fn png(graph: &Graph, look: Look, density: u32) -> Result<Vec<u8>, DrawError> {
    caught(graph, || draw_png(graph, look, density))
}

/// What the PNG takes while it is made, at most, in bytes.
pub fn png_bytes(graph: &Graph, size: Size, density: u32) -> u64 {
    let (width, height) = points(graph, size);
    let pixels = u64::from(width) * u64::from(height) * u64::from(density).pow(2);
    // Four fine pixels and one of three bytes each, and as much again for what is written.
    pixels * (4 * 3 + 3 + 3)
}

/// Nothing that is drawn may take the process along.
fn caught<T>(graph: &Graph, draw: impl FnOnce() -> Result<T, DrawError>) -> Result<T, DrawError> {
    let span = &graph.span;
    let input = || panics::hash(&(&graph.definition.name, &graph.whom, span.from_ms, span.to_ms));
    panics::catch("the drawing of a graph", input, draw)?
}

fn draw_svg(graph: &Graph, look: Look) -> Result<String, DrawError> {
    let size = points(graph, look.size);
    let svg = svg::drawn(size, look.theme, |pen| picture(pen, graph, look.size))?;
    Ok(svg::titled(&svg, size, &export::title(graph), &export::description(graph)))
}

/// Drawn at twice the density and averaged, since plotters does not smooth edges of areas.
fn draw_png(graph: &Graph, look: Look, density: u32) -> Result<Vec<u8>, DrawError> {
    let density = density.clamp(1, 3);
    let (width, height) = points(graph, look.size);
    let (width, height) = (width * density, height * density);
    let mut fine = vec![0; (width * height * 12) as usize];
    let backend = BitMapBackend::with_buffer(&mut fine, (width * 2, height * 2));
    let canvas = Canvas { scale: f64::from(density * 2), letters: Letters::BuiltIn };
    on(backend, &canvas, look.theme, |pen| picture(pen, graph, look.size))?;
    let pixels = halve(&fine, width as usize);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// Each pixel becomes the mean of four; the result is so wide.
fn halve(fine: &[u8], width: usize) -> Vec<u8> {
    let row_bytes = width * 6;
    let mut pixels = Vec::with_capacity(fine.len() / 4);
    for rows in fine.chunks_exact(row_bytes * 2) {
        let (upper, lower) = rows.split_at(row_bytes);
        for (above, below) in upper.as_chunks::<6>().0.iter().zip(lower.as_chunks::<6>().0) {
            for channel in 0..3 {
                let sum = u16::from(above[channel])
                    + u16::from(above[channel + 3])
                    + u16::from(below[channel])
                    + u16::from(below[channel + 3]);
                pixels.push((sum / 4) as u8);
            }
        }
    }
    pixels
}

/// Draws on it with a pen.
fn on<DB: DrawingBackend>(
    backend: DB,
    &Canvas { scale, letters }: &Canvas,
    theme: Theme,
    draw: impl FnOnce(&Pen<'_, DB>) -> pen::Outcome<DB>,
) -> Result<(), DrawError> {
    if !*FONTS {
        return Err(DrawError::Plot("the built-in font cannot be read".into()));
    }
    let area = backend.into_drawing_area();
    let palette = Palette::of(theme);
    let outcome =
        draw(&Pen { area: &area, scale, letters, palette: &palette }).and_then(|()| area.present());
    outcome.map_err(|error| DrawError::Plot(error.to_string()))
}

fn picture<DB: DrawingBackend>(pen: &Pen<'_, DB>, graph: &Graph, size: Size) -> pen::Outcome<DB> {
    let frame = Frame::of(size);
    let (width, height) = points(graph, size);
    let corner = Point(f64::from(width), f64::from(height));
    pen.rectangle(Point(0.0, 0.0), corner, pen.palette.paper.into())?;
    let curves = curve::curves(graph, frame);
    let mut axis = axes::Axis::of(graph, frame, &curves);
    let place = labels::Place { graph, frame, palette: pen.palette };
    let labels = labels::Labels::of(place, &curves, &mut axis);
    axes::title(pen, frame, graph, &axis)?;
    axes::time_bands(pen, frame, graph)?;
    axes::grid(pen, frame, &axis)?;
    gaps::Gaps::of(graph, frame).draw(pen, &labels.words)?;
    events::draw(pen, graph, frame)?;
    match smoke_of(graph) {
        Some(smoke) => {
            smoke::draw(pen, smoke::Place { graph, frame, axis: &axis }, smoke)?;
        }
        None => curves::draw(pen, frame, &curves, &axis)?,
    }
    axes::zero(pen, frame, &axis)?;
    axes::limit(pen, frame, graph, &axis)?;
    axes::time(pen, frame, graph)?;
    labels.draw(pen)?;
    legend::draw(pen, frame, graph, &axis)?;
    match smoke_of(graph) {
        Some(_) => smoke::key(pen, frame, frame.bottom + legend::height(graph.lines.len())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
