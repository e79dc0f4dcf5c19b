//! How deep the tree of an expression is at most, told from its tokens: parsing, evaluating and
//! dropping a tree all take stack by its depth.

use super::token::{Kind, Token};

/// Counts what may nest: brackets that are open, and operators since, for `a + b + c` nests to the
/// left.
pub fn depth(tokens: &[Token<'_>]) -> usize {
    let mut operators = vec![0usize];
    let mut sum = 0;
    let mut deepest = 1;
    for token in tokens {
        let innermost = operators.len() - 1;
        match token.kind {
            Kind::Operator(_) => {
                operators[innermost] += 1;
                sum += 1;
            }
            Kind::Open(_) => operators.push(0),
            Kind::Close(_) if innermost > 0 => sum -= operators.pop().unwrap_or(0),
            Kind::Comma => sum -= std::mem::take(&mut operators[innermost]),
            Kind::Close(_)
            | Kind::Name
            | Kind::MetricName
            | Kind::Number
            | Kind::Duration
            | Kind::Text
            | Kind::Aggregator
            | Kind::Keyword(_)
            | Kind::Equals
            | Kind::Colon
            | Kind::End
            | Kind::Wrong => {}
        }
        deepest = deepest.max(operators.len() + sum);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse::lexer::tokens;

    #[test]
    fn depth_is_that_of_the_tree() {
        let cases = [
            ("a + b * (c - d)".to_owned(), 5),
            (format!("a{{b=~\"{}\"}}", "(x|y)+".repeat(1_000)), 3),
            (format!("f({}1)", "a + b, ".repeat(500)), 3),
            (format!("1 # {}", "(".repeat(1_000)), 1),
            (format!("{}1{}", "(".repeat(200), ")".repeat(200)), 201),
            (format!("1{}", " + 1".repeat(200)), 201),
            (format!("{}1", "-".repeat(300)), 301),
            (format!("a{}", " or a".repeat(300)), 301),
            (format!("{}1{}", "1+(1-".repeat(100), ")".repeat(100)), 301),
            (format!("# a\r{}1{}", "(".repeat(300), ")".repeat(300)), 301),
            (format!("`\\` + {}1{}", "(".repeat(300), ")".repeat(300)), 302),
        ];
        for (expression, expected) in &cases {
            assert_eq!(depth(&tokens(expression).list), *expected, "{expression}");
        }
    }
}
