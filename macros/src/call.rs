//! What a logging statement says: the grammar of the macros.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::{Error, Expr, Lit, LitStr, Result, Token, braced, parenthesized, token};

/// One statement.
pub(crate) struct Call {
    /// `$crate` of the calling macro.
    pub(crate) krate: Ident,
    pub(crate) mode: Mode,
    pub(crate) level: Level,
    pub(crate) logger: Option<Expr>,
    pub(crate) name: Option<Expr>,
    pub(crate) target: Option<Expr>,
    pub(crate) fields: Vec<Field>,
    pub(crate) message: Message,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Emit,
    Enabled,
}

pub(crate) enum Level {
    /// A variant, fixed by the macro's name.
    Fixed(Ident),
    /// What the caller wrote.
    Given(Expr),
}

pub(crate) struct Field {
    pub(crate) key: Key,
    pub(crate) how: How,
    pub(crate) value: TokenStream,
    pub(crate) span: Span,
}

pub(crate) enum Key {
    Text(String),
    /// `{ KEY } = value`.
    Const(TokenStream),
}

/// How a field's value travels.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Typed,
    Debug,
    Display,
    Error,
}

pub(crate) enum Message {
    None,
    Template(LitStr, Vec<FormatArg>),
    /// The argument list of a `format_args!` whose first argument is a macro.
    Foreign(TokenStream),
    /// The field at this position, `message = value`.
    Field(usize),
}

pub(crate) struct FormatArg {
    pub(crate) name: Option<Ident>,
    pub(crate) value: Expr,
}

const EXPECTED: &str = "expected a field (`key = value`, `key`, `?key`, `%key`) or a message: a \
                        string literal with its arguments";

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (krate, mode);
        parenthesized!(krate in input);
        parenthesized!(mode in input);
        let krate = krate.call(Ident::parse_any)?;
        let fixed = mode.call(Ident::parse_any)?;

        let mut prefix = Prefix::default();
        prefix.parse(input)?;
        let (mode, level) = match fixed.to_string().as_str() {
            name @ ("event" | "enabled") => {
                let mode = if name == "event" { Mode::Emit } else { Mode::Enabled };
                if input.is_empty() {
                    return Err(Error::new(
                        Span::call_site(),
                        "expected a level, as `Level::Info`",
                    ));
                }
                let level = input.parse()?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                    prefix.parse(input)?;
                }
                (mode, Level::Given(level))
            }
            _ => (Mode::Emit, Level::Fixed(fixed)),
        };

        let mut fields = Vec::new();
        let mut message = Message::None;
        if mode == Mode::Enabled {
            if !input.is_empty() {
                return Err(input.error("`enabled!` takes `logger:`, `target:` and a level"));
            }
        } else {
            message = items(input, &mut fields, true)?;
            if matches!(message, Message::None) {
                // The event macros of `tracing` give this field the place of the message.
                let at =
                    fields.iter().position(|f| matches!(&f.key, Key::Text(k) if k == "message"));
                message = at.map_or(Message::None, Message::Field);
            }
            if fields.is_empty() && matches!(message, Message::None) && prefix.name.is_none() {
                let text = "this statement says nothing: give it a message or a field";
                return Err(Error::new(Span::call_site(), text));
            }
        }
        let Prefix { logger, name, target } = prefix;
        Ok(Call { krate, mode, level, logger, name, target, fields, message })
    }
}

#[derive(Default)]
struct Prefix {
    logger: Option<Expr>,
    name: Option<Expr>,
    target: Option<Expr>,
}

impl Prefix {
    /// Takes `logger:`, `name:` and `target:` in any order.
    fn parse(&mut self, input: ParseStream<'_>) -> Result<()> {
        while let Some(which) = prefix_ident(input) {
            let slot = match which.to_string().as_str() {
                "logger" => &mut self.logger,
                "name" => &mut self.name,
                "target" => &mut self.target,
                _ => return Err(Error::new(which.span(), "ripsaw has no `parent:` for events")),
            };
            if slot.is_some() {
                return Err(Error::new(which.span(), format!("`{which}:` is given twice")));
            }
            input.call(Ident::parse_any)?;
            input.parse::<Token![:]>()?;
            *slot = Some(input.parse()?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }
}

/// The identifier of `target: value`, unless it is the key of a field as in `target:? = value`.
fn prefix_ident(input: ParseStream<'_>) -> Option<Ident> {
    let ahead = input.fork();
    let ident = ahead.parse::<Ident>().ok()?;
    if !["logger", "name", "target", "parent"].iter().any(|known| ident == known) || !colon(&ahead)
    {
        return None;
    }
    ahead.parse::<Token![:]>().ok()?;
    let field = match capture(&ahead) {
        Ok(_) => equals(&ahead) || ends(&ahead),
        Err(_) => false,
    };
    (!field).then_some(ident)
}

/// Fields, then the message.
fn items(input: ParseStream<'_>, fields: &mut Vec<Field>, message_too: bool) -> Result<Message> {
    while !input.is_empty() {
        if input.peek(token::Brace) {
            let content;
            braced!(content in input);
            if equals(input) {
                let key = Key::Const(content.parse::<Expr>()?.into_token_stream());
                fields.push(value(input, key, None)?);
            } else {
                items(&content, fields, false)?;
            }
        } else if is_field(input) {
            fields.push(field(input)?);
        } else if message_too {
            return message(input);
        } else {
            return Err(input.error("expected a field: `key = value`, `key`, `?key` or `%key`"));
        }
        if input.peek(Token![;]) && message_too {
            input.parse::<Token![;]>()?;
            return if input.is_empty() { Ok(Message::None) } else { message(input) };
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(Message::None)
}

fn is_field(input: ParseStream<'_>) -> bool {
    if input.peek(Token![?]) || input.peek(Token![%]) {
        return true;
    }
    let ahead = input.fork();
    if ahead.parse::<LitStr>().is_ok() {
        return equals(&ahead) || colon(&ahead);
    }
    dotted(&ahead).is_ok() && (equals(&ahead) || colon(&ahead) || ends(&ahead))
}

fn field(input: ParseStream<'_>) -> Result<Field> {
    if input.peek(Token![?]) || input.peek(Token![%]) {
        let how = sigil(input)?;
        let span = input.span();
        let path = dotted(input);
        let (Ok((key, value)), true) = (path, ends(input)) else {
            return Err(Error::new(
                span,
                "only a variable or a path such as `self.user.id` can go without a key: write \
                 `key = ?value`",
            ));
        };
        return Ok(Field { key: Key::Text(key), how, value, span });
    }
    let span = input.span();
    let (key, shorthand) = if input.peek(LitStr) {
        (input.parse::<LitStr>()?.value(), None)
    } else {
        let (key, path) = dotted(input)?;
        (key, Some(path))
    };
    let key = Key::Text(key);
    let how = if colon(input) {
        input.parse::<Token![:]>()?;
        Some(capture(input)?)
    } else {
        None
    };
    match shorthand {
        Some(value) if ends(input) => {
            Ok(Field { key, how: how.unwrap_or(How::Typed), value, span })
        }
        _ => value(input, key, how),
    }
}

/// `= value`, with a sigil unless the key has already said how.
fn value(input: ParseStream<'_>, key: Key, how: Option<How>) -> Result<Field> {
    input.parse::<Token![=]>()?;
    let how = match how {
        Some(how) => how,
        None if input.peek(Token![?]) || input.peek(Token![%]) => sigil(input)?,
        None => How::Typed,
    };
    let value: Expr = input.parse()?;
    Ok(Field { key, how, span: value.span(), value: operand(&value) })
}

fn sigil(input: ParseStream<'_>) -> Result<How> {
    if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        return Ok(How::Debug);
    }
    input.parse::<Token![%]>()?;
    Ok(How::Display)
}

/// What may follow the colon of a key.
fn capture(input: ParseStream<'_>) -> Result<How> {
    if input.peek(Token![?]) || input.peek(Token![%]) {
        return sigil(input);
    }
    let expected = "expected `?`, `%`, `debug`, `display` or `err`; a plain value goes behind `=`";
    let word = input.parse::<Ident>().map_err(|e| Error::new(e.span(), expected))?;
    match word.to_string().as_str() {
        "debug" => Ok(How::Debug),
        "display" => Ok(How::Display),
        "err" | "error" => Ok(How::Error),
        _ => Err(Error::new(word.span(), expected)),
    }
}

/// A key such as `user.id`: its text, and the same as an expression.
fn dotted(input: ParseStream<'_>) -> Result<(String, TokenStream)> {
    let first = input.call(Ident::parse_any)?;
    let mut text = first.unraw().to_string();
    let mut path = first.into_token_stream();
    while input.peek(Token![.]) && !input.peek(Token![..]) {
        path.extend(input.parse::<Token![.]>()?.into_token_stream());
        text.push('.');
        if input.peek(Lit) {
            // `pair.0`, and `pair.0.1` where `0.1` is one token.
            let index: Lit = input.parse()?;
            text.push_str(&index.to_token_stream().to_string());
            path.append_all(quote!(#index));
        } else {
            let part = input.call(Ident::parse_any)?;
            text.push_str(&part.unraw().to_string());
            path.append(part);
        }
    }
    Ok((text, path))
}

fn message(input: ParseStream<'_>) -> Result<Message> {
    if !input.peek(LitStr) {
        let start = input.span();
        let first = input.fork().parse::<Expr>().map_err(|_| Error::new(start, EXPECTED))?;
        return match peeled(&first) {
            Expr::Macro(_) => Ok(Message::Foreign(input.parse()?)),
            other => Err(Error::new(other.span(), EXPECTED)),
        };
    }
    let template: LitStr = input.parse()?;
    if !template.suffix().is_empty() {
        return Err(Error::new(template.span(), "a message has no suffix"));
    }
    let mut args = Vec::new();
    while !input.is_empty() {
        input.parse::<Token![,]>()?;
        if input.is_empty() {
            break;
        }
        let mut name = None;
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
            name = Some(input.call(Ident::parse_any)?);
            input.parse::<Token![=]>()?;
        }
        args.push(FormatArg { name, value: input.parse()? });
    }
    Ok(Message::Template(template, args))
}

/// The expression in a form that a unary operator may precede.
pub(crate) fn operand(expr: &Expr) -> TokenStream {
    match peeled(expr) {
        simple @ (Expr::Array(_)
        | Expr::Await(_)
        | Expr::Block(_)
        | Expr::Call(_)
        | Expr::Field(_)
        | Expr::Index(_)
        | Expr::Lit(_)
        | Expr::Macro(_)
        | Expr::MethodCall(_)
        | Expr::Paren(_)
        | Expr::Path(_)
        | Expr::Reference(_)
        | Expr::Repeat(_)
        | Expr::Struct(_)
        | Expr::Try(_)
        | Expr::Tuple(_)
        | Expr::Unary(_)) => simple.into_token_stream(),
        other => {
            let mut group = proc_macro2::Group::new(Delimiter::Parenthesis, quote!(#other));
            group.set_span(Span::mixed_site().located_at(other.span()));
            TokenTree::Group(group).into()
        }
    }
}

/// The expression without the invisible groups around it.
fn peeled(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}

fn equals(input: ParseStream<'_>) -> bool {
    input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>])
}

fn colon(input: ParseStream<'_>) -> bool {
    input.peek(Token![:]) && !input.peek(Token![::])
}

fn ends(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,]) || input.peek(Token![;])
}
