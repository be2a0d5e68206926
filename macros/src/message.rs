//! From a template and its argument list to the arguments of the frame.

use crate::call::{FormatArg, operand};
use crate::template::{self, Count, Hole, Kind, Part, Position, Spec};
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens as _;
use std::fmt::Write as _;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Error, Expr, LitStr, Member, Result};

/// What a message becomes.
pub(crate) struct Plan {
    /// What to evaluate, in order, each once.
    pub(crate) binds: Vec<Bind>,
    /// The message's arguments in the frame.
    pub(crate) args: Vec<Arg>,
    /// The template; positions count from the first of `args`.
    pub(crate) pieces: Vec<Piece>,
}

/// An expression that gets a name.
pub(crate) struct Bind {
    pub(crate) value: TokenStream,
    pub(crate) span: Span,
    /// What it is called in the source: see [`named`].
    pub(crate) name: String,
}

/// An argument of the frame: a bound value together with a specification.
pub(crate) struct Arg {
    /// Position in the binds.
    pub(crate) value: usize,
    /// Binds that the format string of a rendered argument takes as width or precision.
    pub(crate) counts: Vec<usize>,
    /// The format string for this argument alone, the value being its first argument.
    pub(crate) format: String,
    pub(crate) route: Route,
}

/// Who renders an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// The writer, if the value has a typed form.
    Writer,
    /// The caller.
    Caller,
    /// The caller, from the value itself: `{:p}` of a reference to it would print another address.
    CallerByValue,
}

pub(crate) enum Piece {
    Text(String),
    /// Position in the args, and what the writer applies.
    Arg(usize, Option<Spec>),
}

/// Matches placeholders and arguments.
pub(crate) fn plan(template: &LitStr, args: &[FormatArg]) -> Result<Plan> {
    let parts = template::parse(&template.value()).map_err(|e| Error::new(template.span(), e))?;
    let mut scope = Scope::new(template, args)?;
    let mut pieces = Vec::with_capacity(parts.len());
    for part in parts {
        pieces.push(match part {
            Part::Text(text) => Piece::Text(text),
            Part::Hole(hole) => scope.hole(hole)?,
        });
    }
    scope.check_used(args)?;
    Ok(Plan { binds: scope.binds, args: scope.args, pieces })
}

/// The names in an expression that is a path, a field, a call of a method or of a function, with points between them: what
/// tells the writer whether the value is one to hide. Empty for what has no name of its own.
fn named(expr: &Expr) -> String {
    let joined = |before: &Expr, name: String| match named(before) {
        before if before.is_empty() => name,
        before => before + "." + &name,
    };
    match expr {
        Expr::Path(path) => {
            let names = path.path.segments.iter().map(|segment| segment.ident.unraw().to_string());
            names.collect::<Vec<_>>().join(".")
        }
        Expr::Field(field) => match &field.member {
            Member::Named(name) => joined(&field.base, name.unraw().to_string()),
            Member::Unnamed(_) => named(&field.base),
        },
        Expr::MethodCall(call) => joined(&call.receiver, call.method.unraw().to_string()),
        Expr::Call(call) => {
            let args = call.args.iter().map(named).filter(|name| !name.is_empty());
            args.fold(named(&call.func), |name, arg| name + "." + &arg)
        }
        Expr::Index(index) => named(&index.expr),
        Expr::Reference(inner) => named(&inner.expr),
        Expr::Unary(inner) => named(&inner.expr),
        Expr::Paren(inner) => named(&inner.expr),
        Expr::Group(inner) => named(&inner.expr),
        Expr::Try(inner) => named(&inner.expr),
        Expr::Await(inner) => named(&inner.base),
        Expr::Cast(inner) => named(&inner.expr),
        _ => String::new(),
    }
}

struct Scope<'a> {
    template: &'a LitStr,
    /// The explicit arguments first, then the captured variables.
    binds: Vec<Bind>,
    names: Vec<(String, usize)>,
    used: Vec<bool>,
    next: usize,
    args: Vec<Arg>,
}

impl<'a> Scope<'a> {
    fn new(template: &'a LitStr, args: &[FormatArg]) -> Result<Self> {
        let mut binds = Vec::with_capacity(args.len());
        let mut names: Vec<(String, usize)> = Vec::new();
        for (i, arg) in args.iter().enumerate() {
            let span = arg.value.span();
            let mut name = arg.name.as_ref().map(|name| name.unraw().to_string());
            let parts = named(&arg.value);
            if !parts.is_empty() {
                let name = name.get_or_insert_default();
                name.push_str(if name.is_empty() { "" } else { "." });
                name.push_str(&parts);
            }
            let name = name.unwrap_or_default();
            binds.push(Bind { value: operand(&arg.value), span, name });
            if let Some(name) = &arg.name {
                let text = name.unraw().to_string();
                if names.iter().any(|(known, _)| *known == text) {
                    return Err(Error::new(
                        name.span(),
                        format!("duplicate argument named `{text}`"),
                    ));
                }
                names.push((text, i));
            } else if !names.is_empty() {
                return Err(Error::new(
                    span,
                    "positional arguments cannot follow named arguments; fields (`key = value`) \
                     go before the message",
                ));
            }
        }
        let used = vec![false; args.len()];
        Ok(Scope { template, binds, names, used, next: 0, args: Vec::new() })
    }

    fn error(&self, text: impl std::fmt::Display) -> Error {
        Error::new(self.template.span(), text)
    }

    fn hole(&mut self, hole: Hole) -> Result<Piece> {
        let Hole { arg, source, spec } = hole;
        if spec.counts_from_args() || spec.kind == Kind::Pointer {
            return self.rendered(&arg, &spec);
        }
        let value = self.resolve(&arg)?;
        let format = if source.is_empty() { "{}".to_owned() } else { format!("{{:{source}}}") };
        let route = match spec.kind {
            Kind::Display | Kind::LowerExp | Kind::UpperExp => Route::Writer,
            _ => Route::Caller,
        };
        let spec = (route == Route::Writer && !source.is_empty()).then_some(spec);
        Ok(Piece::Arg(self.arg(Arg { value, counts: Vec::new(), format, route }), spec))
    }

    /// A placeholder that only the caller can render.
    fn rendered(&mut self, arg: &Position, spec: &Spec) -> Result<Piece> {
        let mut counts = Vec::new();
        let mut format = "{0:".to_owned();
        format.extend(spec.fill);
        format.push_str(match spec.align {
            None => "",
            Some(template::Align::Left) => "<",
            Some(template::Align::Center) => "^",
            Some(template::Align::Right) => ">",
        });
        for (flag, sign) in
            [(spec.plus, '+'), (spec.minus, '-'), (spec.alternate, '#'), (spec.zero, '0')]
        {
            format.extend(flag.then_some(sign));
        }
        // Writing to a string cannot fail.
        if let Some(width) = &spec.width {
            let width = self.count(width, &mut counts)?;
            let _ = write!(format, "{width}");
        }
        if let Some(precision) = &spec.precision {
            let precision = self.count(precision, &mut counts)?;
            let _ = write!(format, ".{precision}");
        }
        format.push_str(spec.kind.as_str());
        format.push('}');
        let value = self.resolve(arg)?;
        let route = if spec.kind == Kind::Pointer { Route::CallerByValue } else { Route::Caller };
        Ok(Piece::Arg(self.arg(Arg { value, counts, format, route }), None))
    }

    fn count(&mut self, count: &Count, counts: &mut Vec<usize>) -> Result<String> {
        let position = match count {
            Count::Number(number) => return Ok(number.to_string()),
            Count::Arg(position) => position,
            Count::Star => &Position::Next,
        };
        counts.push(self.resolve(position)?);
        Ok(format!("{}$", counts.len()))
    }

    /// The bind of an argument.
    fn resolve(&mut self, position: &Position) -> Result<usize> {
        let index = match position {
            Position::Next => {
                self.next += 1;
                self.next - 1
            }
            Position::Index(index) => *index,
            Position::Name(name) => return self.named(name),
        };
        let Some(used) = self.used.get_mut(index) else {
            let there_are = match self.used.len() {
                0 => "there are no arguments".to_owned(),
                1 => "there is 1 argument".to_owned(),
                n => format!("there are {n} arguments"),
            };
            return Err(self.error(match position {
                Position::Next => {
                    let (n, s) = (index + 1, if index == 0 { "" } else { "s" });
                    format!(
                        "the message takes at least {n} positional argument{s}, but {there_are}"
                    )
                }
                _ => format!("invalid reference to positional argument {index}: {there_are}"),
            }));
        };
        *used = true;
        Ok(index)
    }

    fn named(&mut self, name: &str) -> Result<usize> {
        if let Some(&(_, bind)) = self.names.iter().find(|(known, _)| known == name) {
            if let Some(used) = self.used.get_mut(bind) {
                *used = true;
            }
            return Ok(bind);
        }
        let span = self.template.span();
        let ident = match (name, syn::parse_str::<Ident>(name)) {
            ("self" | "Self" | "super" | "crate", _) | (_, Ok(_)) => Ident::new(name, span),
            _ if syn::parse::Parser::parse_str(Ident::parse_any, name).is_ok() => {
                Ident::new_raw(name, span)
            }
            _ => return Err(self.error(format!("`{name}` is not a name"))),
        };
        self.names.push((name.to_owned(), self.binds.len()));
        let text = name.to_owned();
        self.binds.push(Bind { value: ident.into_token_stream(), span, name: text });
        Ok(self.binds.len() - 1)
    }

    /// The frame's argument for a value and a specification; equal ones are one.
    fn arg(&mut self, arg: Arg) -> usize {
        let same =
            |a: &Arg| a.value == arg.value && a.format == arg.format && a.counts == arg.counts;
        self.args.iter().position(same).unwrap_or_else(|| {
            self.args.push(arg);
            self.args.len() - 1
        })
    }

    fn check_used(&self, args: &[FormatArg]) -> Result<()> {
        let mut errors: Option<Error> = None;
        for (arg, _) in args.iter().zip(&self.used).filter(|(_, used)| !**used) {
            let error = match &arg.name {
                None => Error::new(arg.value.span(), "argument never used in the message"),
                Some(name) => Error::new(
                    name.span(),
                    "named argument never used in the message; fields (`key = value`) go before it",
                ),
            };
            match &mut errors {
                Some(all) => all.combine(error),
                none => *none = Some(error),
            }
        }
        errors.map_or(Ok(()), Err)
    }
}
