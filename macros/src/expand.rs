//! The code of a statement.
//!
//! ```text
//! {
//!     if const { compiled_in(LEVEL) } {
//!         static META: Metadata = ..;
//!         static CALLSITE: Callsite = Callsite::new(&META);
//!         let verdict = CALLSITE.verdict();
//!         if verdict != 0 {
//!             match (&order_id, &px) {
//!                 (a0, a1) => emit(&CALLSITE, verdict, (a0, (capture(a1), ()))),
//!             };
//!         }
//!     }
//! }
//! ```
//!
//! Locals have the hygiene of `macro_rules!`. Items have none, so theirs are names that nobody
//! writes. What stands for a value has the value's place in the source and the hygiene of `$crate`:
//! with the hygiene of this macro, the compiler would blame the whole statement for what one value
//! lacks. There are no `allow` attributes: one would be an error under the user's `forbid`.

use crate::call::{Call, How, Key, Level, Message, Mode};
use crate::message::{self, Piece, Plan, Route};
use crate::template::{Align, Count, Kind, Spec};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, Result};

/// The most arguments of a frame.
const MAX_ARGS: usize = 32;

/// `quote!` with the hygiene of `macro_rules!`.
macro_rules! code {
    ($($tokens:tt)*) => { quote_spanned!(Span::mixed_site()=> $($tokens)*) };
}

/// Writes the statement's code.
pub(crate) fn expand(call: &Call) -> Result<TokenStream> {
    let p = &private(call, Span::mixed_site());
    let (level, level_item) = match &call.level {
        Level::Fixed(name) => (code!(#p::Level::#name), TokenStream::new()),
        Level::Given(expr) => {
            (code!(__RIPSAW_LEVEL), code!(const __RIPSAW_LEVEL: #p::Level = #expr;))
        }
    };
    let body = match call.mode {
        Mode::Emit => Some(Body::new(call, p)?),
        Mode::Enabled => None,
    };
    let statics = statics(call, p, &level, body.as_ref());
    let (verdict, is_enabled) = match &call.logger {
        None => (code!(__RIPSAW_CALLSITE.verdict()), code!(__RIPSAW_CALLSITE.is_enabled())),
        Some(logger) => {
            let logger = Ident::new("logger", place(call, logger.span()));
            (
                code!(#p::logger_verdict(#logger, &__RIPSAW_CALLSITE)),
                code!(#p::logger_enabled(#logger, &__RIPSAW_CALLSITE)),
            )
        }
    };
    let Some(body) = body else {
        let check = with_logger(call, is_enabled);
        return Ok(code!({
            #level_item
            if const { #p::compiled_in(#level) } { #statics #check } else { false }
        }));
    };
    let emit = body.emit(call, p);
    let gated = with_logger(
        call,
        code!({
            let verdict = #verdict;
            if verdict != 0 { #emit }
        }),
    );
    Ok(code!({ #level_item if const { #p::compiled_in(#level) } { #statics #gated } }))
}

/// `$crate::__private`
fn private(call: &Call, span: Span) -> TokenStream {
    let mut krate = call.krate.clone();
    krate.set_span(krate.span().located_at(span));
    quote_spanned!(span=> #krate::__private)
}

/// The place of `span` with the hygiene of `$crate`.
fn place(call: &Call, span: Span) -> Span {
    call.krate.span().located_at(span)
}

/// Evaluates the logger once. Whatever dereferences to a `Logger` will do.
fn with_logger(call: &Call, inner: TokenStream) -> TokenStream {
    let Some(expr) = &call.logger else { return inner };
    let here = place(call, expr.span());
    let p = private(call, here);
    let logger = Ident::new("logger", here);
    let value = crate::call::operand(expr);
    code!(match &#value {
        #logger => {
            let #logger: &#p::Logger = #logger;
            #inner
        }
    })
}

fn statics(call: &Call, p: &TokenStream, level: &TokenStream, body: Option<&Body>) -> TokenStream {
    let target = match &call.target {
        Some(target) => target.to_token_stream(),
        None => code!(::core::module_path!()),
    };
    let name = match &call.name {
        Some(name) => name.to_token_stream(),
        None => code!(""),
    };
    let (template, fields) = body.map(|b| (&b.template, &b.keys)).unzip();
    let args = body.filter(|b| b.shown.iter().any(|name| !name.is_empty())).map(|b| {
        let names = &b.shown;
        code!(.with_args(&[#(#names),*]))
    });
    code! {
        static __RIPSAW_META: #p::Metadata = #p::Metadata::new(
            #level, #target, ::core::module_path!(), ::core::file!(), ::core::line!(), #name,
            &[#template], &[#fields],
        )#args;
        static __RIPSAW_CALLSITE: #p::Callsite = #p::Callsite::new(&__RIPSAW_META);
    }
}

/// The parts of a statement that carry its data.
struct Body {
    template: TokenStream,
    keys: TokenStream,
    /// What to evaluate, in source order, and under which name.
    values: Vec<TokenStream>,
    names: Vec<Ident>,
    /// The frame's arguments, in frame order.
    args: Vec<TokenStream>,
    /// What the message's arguments are called in the source.
    shown: Vec<String>,
    /// Whether `ViaEncode` and `ViaDisplay` must be in scope.
    captures: bool,
}

impl Body {
    fn new(call: &Call, p: &TokenStream) -> Result<Self> {
        let mut body = Body {
            template: TokenStream::new(),
            keys: TokenStream::new(),
            values: Vec::new(),
            names: Vec::new(),
            args: Vec::new(),
            shown: Vec::new(),
            captures: false,
        };
        let mut last = None;
        for (i, field) in call.fields.iter().enumerate() {
            let name = body.bind(&field.value, place(call, field.span));
            let here = place(call, field.span);
            let p = private(call, here);
            let arg = match field.how {
                How::Typed => name.to_token_stream(),
                How::Debug => quote_spanned!(here=> #p::Debugged(#name)),
                How::Display => quote_spanned!(here=> #p::Displayed(#name)),
                How::Error => quote_spanned!(here=> #p::ErrorArg(#name)),
            };
            if matches!(call.message, Message::Field(at) if at == i) {
                last = Some(arg);
                continue;
            }
            body.args.push(arg);
            let key = match &field.key {
                Key::Text(text) => Literal::string(text).to_token_stream(),
                Key::Const(expr) => expr.clone(),
            };
            body.keys.extend(code!(#key,));
        }
        let at = body.args.len();
        match &call.message {
            Message::None => {}
            Message::Field(_) => {
                body.args.extend(last);
                body.template = pieces(&[Piece::Arg(0, None)], at, p);
            }
            Message::Foreign(tokens) => {
                body.args.push(code!(#p::RenderedArgs(::core::format_args!(#tokens))));
                body.template = pieces(&[Piece::Arg(0, None)], at, p);
            }
            Message::Template(template, args) => {
                let plan = message::plan(template, args)?;
                body.template = pieces(&plan.pieces, at, p);
                body.message_args(call, plan, template.span(), p);
            }
        }
        if body.args.len() > MAX_ARGS {
            let text = format!(
                "{} fields and message arguments are too many: a record carries at most \
                 {MAX_ARGS}; put some into one field as a `Value` map",
                body.args.len()
            );
            return Err(Error::new(Span::call_site(), text));
        }
        Ok(body)
    }

    fn bind(&mut self, value: &TokenStream, here: Span) -> Ident {
        let name = Ident::new(&format!("a{}", self.names.len()), here);
        self.values.push(quote_spanned!(here=> &#value));
        self.names.push(name.clone());
        name
    }

    fn message_args(&mut self, call: &Call, plan: Plan, span: Span, p: &TokenStream) {
        self.shown = plan.args.iter().map(|arg| plan.binds[arg.value].name.clone()).collect();
        let bound: Vec<Ident> =
            plan.binds.iter().map(|b| self.bind(&b.value, place(call, b.span))).collect();
        let here = place(call, span);
        for arg in plan.args {
            let mut format = Literal::string(&arg.format);
            format.set_span(here);
            let name = &bound[arg.value];
            let shown = match arg.route {
                Route::CallerByValue => quote_spanned!(here=> *#name),
                _ => name.to_token_stream(),
            };
            let counts = arg.counts.iter().map(|&i| &bound[i]);
            let shown = quote_spanned!(here=> ::core::format_args!(#format, #shown #(, *#counts)*));
            self.args.push(if arg.route == Route::Writer {
                self.captures = true;
                code!((&#p::Capture(#name)).__ripsaw_capture(#shown))
            } else {
                code!(#p::RenderedArgs(#shown))
            });
        }
    }

    fn emit(&self, call: &Call, p: &TokenStream) -> TokenStream {
        let list = self.args.iter().rev().fold(code!(()), |rest, arg| code!((#arg, #rest)));
        let emit = match &call.logger {
            None => code!(#p::emit(&__RIPSAW_CALLSITE, verdict, #list)),
            Some(logger) => {
                let logger = Ident::new("logger", place(call, logger.span()));
                code!(#p::emit_with(#logger, &__RIPSAW_CALLSITE, verdict, #list))
            }
        };
        if self.values.is_empty() {
            return emit;
        }
        let (values, names) = (&self.values, &self.names);
        let traits = self.captures.then(|| code!(use #p::{ViaDisplay as _, ViaEncode as _};));
        // With the semicolon, what the arguments borrow from is dropped here.
        code!(match (#(#values,)*) { (#(#names,)*) => { #traits #emit } };)
    }
}

/// The template. `at` is the position in the frame of the message's first argument.
fn pieces(pieces: &[Piece], at: usize, p: &TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    for piece in pieces {
        out.extend(match piece {
            Piece::Text(text) => code!(#p::Piece::Lit(#text),),
            Piece::Arg(i, spec) => {
                // A position past the limit is reported when all arguments are known.
                let position = Literal::usize_unsuffixed(at + i);
                let spec = spec_tokens(spec.as_ref(), p);
                code!(#p::Piece::Arg(#position, #spec),)
            }
        });
    }
    out
}

fn spec_tokens(spec: Option<&Spec>, p: &TokenStream) -> TokenStream {
    let Some(spec) = spec else { return code!(#p::Spec::NONE) };
    let some = code!(::core::option::Option::Some);
    let mut set = TokenStream::new();
    if let Some(fill) = spec.fill {
        set.extend(code!(fill: #fill,));
    }
    if let Some(align) = spec.align {
        let align = match align {
            Align::Left => code!(Left),
            Align::Center => code!(Center),
            Align::Right => code!(Right),
        };
        set.extend(code!(align: #some(#p::Align::#align),));
    }
    for (flag, name) in
        [(spec.plus, code!(plus)), (spec.alternate, code!(alternate)), (spec.zero, code!(zero))]
    {
        if flag {
            set.extend(code!(#name: true,));
        }
    }
    for (count, name) in [(&spec.width, code!(width)), (&spec.precision, code!(precision))] {
        if let Some(Count::Number(number)) = count {
            let number = Literal::u16_unsuffixed(*number);
            set.extend(code!(#name: #some(#number),));
        }
    }
    if spec.kind != Kind::Display {
        let kind = match spec.kind {
            Kind::Display | Kind::Pointer => code!(Display),
            Kind::Debug => code!(Debug),
            Kind::DebugLowerHex => code!(DebugLowerHex),
            Kind::DebugUpperHex => code!(DebugUpperHex),
            Kind::LowerHex => code!(LowerHex),
            Kind::UpperHex => code!(UpperHex),
            Kind::Octal => code!(Octal),
            Kind::Binary => code!(Binary),
            Kind::LowerExp => code!(LowerExp),
            Kind::UpperExp => code!(UpperExp),
        };
        set.extend(code!(kind: #p::Kind::#kind,));
    }
    code!(#p::Spec { #set ..#p::Spec::NONE })
}
