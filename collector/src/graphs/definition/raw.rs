//! A definition as it is written, and what may be written.

use serde::Deserialize;

use super::expressions::{Cores, Expressions, Extremes, names};
use super::{
    AskedLine, Colour, Definition, Direction, LimitDefinition, LimitValue, LineDefinition,
    LinkLine, MOUNT, Of, Reach, Readings, RoundsOf, Shape, Side, Source,
};
use crate::graphs::unit::Unit;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDefinition {
    title: String,
    unit: Unit,
    #[serde(default)]
    reach: Reach,
    /// What is shown other than PromQL.
    source: Option<RawSource>,
    /// A series with a sample for each reading, and one that is 1 where the reading told of all.
    readings: Option<String>,
    complete: Option<String>,
    line: Vec<RawLine>,
    limit: Option<RawLimit>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawSource {
    /// The links of a host.
    Links,
    /// The rounds of one path.
    Path,
    /// Those of all paths to a datacentre.
    Vantages,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    name: String,
    colour: Colour,
    #[serde(default)]
    side: Side,
    #[serde(default, rename = "as")]
    shape: Shape,
    /// Which way it goes, of links.
    traffic: Option<Direction>,
    /// A series that has the line's values; where there is none, they come from what follows.
    told: Option<String>,
    /// A gauge of which all series are summed, and one that its sum never exceeds.
    gauge: Option<String>,
    bound: Option<String>,
    /// Any PromQL, and its greatest and its least within `$step`; or whose cores' they are.
    expr: Option<String>,
    max: Option<String>,
    min: Option<String>,
    cores: Option<Cores>,
    /// Makes a line of each value of this label.
    by: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimit {
    name: String,
    /// Whose speed it is.
    source: Option<RawSource>,
    expr: Option<String>,
}

/// Reads a definition, or says what is wrong with it.
pub fn read(name: &str, text: &str) -> Result<Definition, String> {
    let raw: RawDefinition = toml::from_str(text).map_err(|error| format!("{name}: {error}"))?;
    let wrong = |what: &str| format!("{name}: {what}");
    if raw.line.is_empty() {
        return Err(wrong("there is no line"));
    }
    let limit = raw.limit.map(|limit| {
        let value = match (limit.source, limit.expr) {
            (Some(RawSource::Links), None) => LimitValue::LinkSpeed,
            (None, Some(expression)) => LimitValue::Expression(expression),
            _ => return Err(wrong("a limit has either source or expr")),
        };
        Ok(LimitDefinition { name: limit.name, value })
    });
    let limit = limit.transpose()?;
    let source = match (raw.source, raw.readings) {
        (Some(RawSource::Links), None) => {
            let lines = raw.line.into_iter().map(of_links).collect::<Option<_>>();
            let lines = lines.ok_or_else(|| wrong("a line of links has traffic, no more"))?;
            Source::Links { lines }
        }
        (Some(RawSource::Path), None) => of_rounds(RoundsOf::Path, raw.line).map_err(wrong)?,
        (Some(RawSource::Vantages), None) => {
            of_rounds(RoundsOf::Vantages, raw.line).map_err(wrong)?
        }
        (None, Some(readings)) => {
            let lines = raw.line.into_iter().map(|line| asking(line, &readings));
            let lines: Option<Vec<_>> = lines.collect();
            let lines = lines.ok_or_else(|| wrong("a line has either gauge or expr"))?;
            let readings = Readings { series: readings, complete: raw.complete };
            let of = of(&lines, &readings).map_err(|what| wrong(&what))?;
            Source::Expressions { of, readings, lines }
        }
        _ => return Err(wrong("a graph has either source or readings")),
    };
    let RawDefinition { title, unit, reach, .. } = raw;
    Ok(Definition { name: name.to_owned(), title, unit, reach, source, limit })
}

fn of_rounds(of: RoundsOf, lines: Vec<RawLine>) -> Result<Source, &'static str> {
    let [line] = <[RawLine; 1]>::try_from(lines).map_err(|_| "rounds have one line")?;
    if line.traffic.is_some() || !line.asks_nothing() {
        return Err("a line of rounds has a look, no more");
    }
    Ok(Source::Rounds { of, look: line.look() })
}

fn of_links(line: RawLine) -> Option<LinkLine> {
    let traffic = line.traffic;
    let alone = line.asks_nothing();
    Some(LinkLine { look: line.look(), direction: traffic.filter(|_| alone)? })
}

fn asking(line: RawLine, readings: &str) -> Option<AskedLine> {
    let told = line.told.clone();
    let (by, bound) = (line.by.clone(), line.bound.as_deref());
    let known = [&line.max, &line.min].into_iter().any(Option::is_some);
    let expressions = match (line.traffic, &line.gauge, &line.expr) {
        (None, Some(gauge), None) if !known && line.cores.is_none() => {
            Expressions::of_gauge(gauge, readings, bound, by)
        }
        (None, None, Some(expr)) if bound.is_none() => {
            let extremes = match line.cores {
                Some(_) if known => return None,
                Some(cores) => Extremes::OfCores(cores),
                None => Extremes::Known { most: line.max.clone(), least: line.min.clone() },
            };
            Expressions::of_expression(expr.clone(), extremes, by)
        }
        _ => return None,
    };
    Some(AskedLine { look: line.look(), expressions: expressions.told_by(told) })
}

impl RawLine {
    fn asks_nothing(&self) -> bool {
        let Self { told, gauge, bound, expr, max, min, by, .. } = self;
        [told, gauge, bound, expr, max, min, by].into_iter().all(Option::is_none)
            && self.cores.is_none()
    }

    fn look(self) -> LineDefinition {
        let Self { name, colour, side, shape, .. } = self;
        LineDefinition { name, colour, side, shape }
    }
}

/// Of whom the lines are, by the names they use.
fn of(lines: &[AskedLine], readings: &Readings) -> Result<Of, String> {
    let texts = lines.iter().flat_map(|line| line.expressions.texts());
    let mut of = Of::All;
    for name in texts.chain([&*readings.series]).chain(readings.complete.as_deref()).flat_map(names)
    {
        of = match (name, of) {
            ("step" | "window" | "fine" | "carried", of) => of,
            ("instance" | MOUNT, Of::All | Of::Host) => Of::Host,
            ("tenant", Of::All | Of::Tenant) => Of::Tenant,
            ("instance" | MOUNT | "tenant", _) => {
                return Err("its expressions are of hosts and of organisations".into());
            }
            (other, _) => return Err(format!("there is no ${other}")),
        };
    }
    Ok(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "title = 't'\nunit = 'people'\n";

    fn check(rest: &str, expected: &str) {
        let found = read("g", &format!("{HEAD}{rest}"));
        let found = found.map(|definition| format!("{:?}", definition.of()));
        let found = found.unwrap_or_else(|mistake| mistake);
        assert!(found.starts_with(expected), "{rest}: {found}");
    }

    #[test]
    fn what_may_be_written_and_of_whom_it_is() {
        let line = |keys: &str| format!("[[line]]\nname = 'l'\ncolour = 'people'\n{keys}\n");
        let readings = "readings = 'r'\n";
        let with = |keys: &str| format!("{readings}{}", line(keys));
        check(&with("gauge = 'x'\nbound = 'y'"), "All");
        check(&with("expr = 'x{instance=\"$instance\"}'\nmax = 'y[$step]'"), "Host");
        check(&with("gauge = 'x{tenant=\"$tenant\"}'\nby = 'instance'"), "Tenant");
        check(&format!("source = 'links'\n{}", line("traffic = 'sent'")), "Host");
        check(&format!("source = 'path'\n{}", line("")), "Datacentre");
        let two = format!("source = 'vantages'\n{}{}", line(""), line(""));
        check(&two, "g: rounds have one line");
        let asking = format!("source = 'path'\n{}", line("expr = 'x'"));
        check(&asking, "g: a line of rounds has a look, no more");
        check(readings, "g: TOML parse error");
        check("readings = 'r'\nline = []\n", "g: there is no line");
        check(&line("gauge = 'x'"), "g: a graph has either source or readings");
        check(&with("gauge = 'x'\nexpr = 'y'"), "g: a line has either gauge or expr");
        check(&with("expr = 'x'\nbound = 'y'"), "g: a line has either gauge or expr");
        check(&with("expr = 'x'\ncores = 'all'\ntold = 'y'"), "All");
        check(&with("expr = 'x'\ncores = 'all'\nmin = 'y'"), "g: a line has either gauge or expr");
        check(&with("gauge = 'x'\ncores = 'all'"), "g: a line has either gauge or expr");
        check(&with("gauge = 'x'\ntold = 'y{instance=\"$instance\"}'"), "Host");
        check(&with("expr = '$host'"), "g: there is no $host");
        let both = "expr = 'a{tenant=\"$tenant\"} + b{instance=\"$instance\"}'";
        check(&with(both), "g: its expressions are of hosts and of organisations");
        let traffic = line("traffic = 'sent'\nby = 'y'");
        let alone = "g: a line of links has traffic, no more";
        check(&format!("source = 'links'\n{traffic}"), alone);
        let limit = "[limit]\nname = 'l'\nsource = 'links'\nexpr = 'e'\n";
        let message = "g: a limit has either source or expr";
        check(&format!("{}{limit}", with("gauge = 'x'")), message);
        check(&with("gauge = 'x'\ngaugee = 'y'"), "g: TOML parse error");
    }
}
