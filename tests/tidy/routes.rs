//! Addresses: each belongs to one group of those who may ask.

use crate::Source;

/// Where all addresses stand.
const TABLE: &str = "collector/src/web/routes.rs";

/// The functions of the table, one for each group, and what is a part of one.
const GROUPS: [&str; 6] = ["public", "reader", "planning", "writer", "admin", "linked"];

/// How an address is given to a router.
const WAYS: [&str; 5] =
    [".route(", ".route_service(", ".nest(", ".nest_service(", ".fallback_service("];

/// Addresses outside of a group.
pub fn without_group(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        let mut function = "";
        for (number, line) in source.shipped().lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            function = declared(code).unwrap_or(function);
            let grouped = source.path == TABLE && GROUPS.contains(&function);
            if !grouped && WAYS.iter().any(|way| code.contains(way)) {
                let place = format!("{}:{}", source.path, number + 1);
                violations.push(format!("{place}: an address outside of a group of {TABLE}"));
            }
        }
    }
    violations
}

/// The name of the function that begins on a line.
fn declared(line: &str) -> Option<&str> {
    let (before, behind) = line.split_once("fn ")?;
    let words = ["", "pub", "async", "const", "pub(super)", "pub(crate)"];
    let begins = before.split_whitespace().all(|word| words.contains(&word));
    begins.then(|| behind.split(['(', '<']).next()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_group_is_found() {
        let check = |path: &str, text: &str, lines: &[usize]| {
            let source = Source { path: path.into(), text: text.into() };
            let place = |line| format!("{path}:{line}: an address outside of a group of {TABLE}");
            let expected: Vec<String> = lines.iter().map(place).collect();
            assert_eq!(without_group(&[source]), expected, "{text}");
        };
        let grouped = "fn public() -> Router {\n    Router::new().route(\"/\", get(page))\n}\n";
        check(TABLE, grouped, &[]);
        check("collector/src/web/pages.rs", grouped, &[2]);
        check(TABLE, &grouped.replace("public", "others"), &[2]);
        let behind = format!("{grouped}pub fn routes() -> Router {{\n    public().route(p, q)\n}}");
        check(TABLE, &behind, &[5]);
        check("collector/src/web.rs", "async fn f() {\n    router.nest(p, r)\n}", &[2]);
        check("collector/src/web.rs", "// router.route(p, q)\n", &[]);
    }
}
