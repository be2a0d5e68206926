//! Invisible groups made visible.
//!
//! An expression that a `macro_rules!` macro passes on arrives in a group without delimiters. The
//! compiler drops such a group when a procedural macro gives it back: `$e * 2` with `$e = 1 + 2`
//! would become `1 + 2 * 2`. Where the group decides what an expression means, it gets parentheses.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::Expr;

/// The same tokens, every group without delimiters that matters in parentheses.
pub(crate) fn solid(tokens: TokenStream) -> TokenStream {
    if !has_invisible(&tokens) {
        return tokens;
    }
    tokens
        .into_iter()
        .map(|tree| match tree {
            TokenTree::Group(group) => TokenTree::Group(solid_group(&group)),
            other => other,
        })
        .collect()
}

fn has_invisible(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Group(group) => {
            group.delimiter() == Delimiter::None || has_invisible(&group.stream())
        }
        _ => false,
    })
}

fn solid_group(group: &Group) -> Group {
    let inner = solid(group.stream());
    let delimiter = match group.delimiter() {
        Delimiter::None if loose(&inner) => Delimiter::Parenthesis,
        other => other,
    };
    let mut out = Group::new(delimiter, inner);
    out.set_span(group.span());
    out
}

/// Whether the operators around these tokens could take them apart. Types and patterns pass through
/// here too: those which look like such an expression stay valid in parentheses.
fn loose(tokens: &TokenStream) -> bool {
    if tokens.clone().into_iter().nth(1).is_none() {
        return false;
    }
    syn::parse2::<Expr>(tokens.clone()).is_ok_and(|expr| needs_parens(&expr))
}

/// Whether `expr` behind an operator must stand in parentheses.
pub(crate) fn needs_parens(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Binary(_)
            | Expr::Break(_)
            | Expr::Cast(_)
            | Expr::Closure(_)
            | Expr::Range(_)
            | Expr::Reference(_)
            | Expr::Return(_)
            | Expr::Unary(_)
    )
}
