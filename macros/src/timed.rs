//! The attributes `#[timed]` and `#[traced]`.
//!
//! ```text
//! fn load(&self, id: u32) -> Result<Row, Error> {
//!     let timed = function("load", module_path!()).threshold(..).with("id", argument(&id));
//!     let result = once(move || -> Result<Row, Error> { BODY });
//!     timed.leave((&&Judged(&result)).__ripsaw_failure());
//!     result
//! }
//! ```
//!
//! `#[traced]` begins with `Work::new(..)` instead, which a plain function enters, and which an `async` one puts around its
//! body.
//!
//! Of an `async fn` the body becomes an `async move` block that is awaited. A type that only the body knows (`impl Trait`) is
//! `_` in the closure's signature. Names have the hygiene of `macro_rules!`, so the body cannot see them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{
    Error, Expr, FnArg, GenericArgument, ItemFn, LitInt, LitStr, Pat, Path, PathArguments, Result,
    ReturnType, Token, Type,
};

const LEVELS: [&str; 6] = ["Trace", "Debug", "Info", "Warning", "Error", "Critical"];

/// Which of the attributes it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Timed,
    Traced,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Timed => "timed",
            Kind::Traced => "traced",
        }
    }

    /// What is said of an option that it does not have.
    fn options(self) -> &'static str {
        match self {
            Kind::Timed => {
                "`name`, `target`, `level`, `threshold_ms`, `log_args`, `skip(..)`, `err` and `crate`"
            }
            Kind::Traced => "`name`, `target`, `level`, `log_args`, `skip(..)`, `err` and `crate`",
        }
    }
}

/// What stands in the attribute's parentheses.
#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    target: Option<Expr>,
    level: Option<Ident>,
    threshold: Option<LitInt>,
    log_args: bool,
    skip: Vec<Ident>,
    err: Option<Span>,
    krate: Option<Path>,
}

impl Options {
    fn parse(kind: Kind, input: ParseStream<'_>) -> Result<Options> {
        let mut options = Options::default();
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let word = input.call(Ident::parse_any)?;
            if seen.contains(&word) {
                return Err(Error::new(word.span(), format!("`{word}` stands here twice")));
            }
            options.option(kind, &word, input)?;
            seen.push(word);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if let (false, Some(skipped)) = (options.log_args, options.skip.first()) {
            let text = "`skip` leaves out arguments of `log_args`: add `log_args`, or remove it";
            return Err(Error::new(skipped.span(), text));
        }
        Ok(options)
    }

    fn option(&mut self, kind: Kind, word: &Ident, input: ParseStream<'_>) -> Result<()> {
        match word.to_string().as_str() {
            "log_args" => self.log_args = true,
            "err" => self.err = Some(word.span()),
            "skip" => {
                let names;
                syn::parenthesized!(names in input);
                self.skip =
                    Punctuated::<Ident, Token![,]>::parse_terminated(&names)?.into_iter().collect();
            }
            "name" => self.name = Some(value(input, "a string: `name = \"db_query\"`")?),
            "target" => self.target = Some(value(input, "a constant: `target = \"shop::db\"`")?),
            "crate" => self.krate = Some(value(input, "a path: `crate = my::ripsaw`")?),
            "threshold_ms" if kind == Kind::Timed => {
                let number: LitInt = value(input, "whole milliseconds: `threshold_ms = 100`")?;
                if !number.suffix().is_empty() || number.base10_parse::<u64>().is_err() {
                    let text = "expected whole milliseconds: `threshold_ms = 100`";
                    return Err(Error::new(number.span(), text));
                }
                self.threshold = Some(number);
            }
            "level" => {
                let level: Ident = value(input, "a level: `level = Info`")?;
                if !LEVELS.contains(&level.to_string().as_str()) {
                    let text = format!("there is no level `{level}`: use {}", LEVELS.join(", "));
                    return Err(Error::new(level.span(), text));
                }
                self.level = Some(level);
            }
            _ => {
                let (name, options) = (kind.word(), kind.options());
                let text = format!("`#[{name}]` knows no `{word}`: it takes {options}");
                return Err(Error::new(word.span(), text));
            }
        }
        Ok(())
    }
}

/// What stands behind `=`.
fn value<T: Parse>(input: ParseStream<'_>, expected: &str) -> Result<T> {
    let text = format!("expected {expected}");
    let start = input.span();
    input.parse::<Token![=]>().map_err(|_| Error::new(start, &text))?;
    let start = input.span();
    input.parse().map_err(|_| Error::new(start, &text))
}

/// Writes the function that times or traces itself.
pub(crate) fn expand(kind: Kind, options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let read = |input: ParseStream<'_>| Options::parse(kind, input);
    let options = Parser::parse2(read, options)?;
    let word = kind.word();
    let mut function: ItemFn = syn::parse2(item.clone()).map_err(|_| {
        let text =
            format!("`#[{word}]` goes on a function with a body, in a module or in an `impl`");
        Error::new_spanned(&item, text)
    })?;
    if let Some(constant) = &function.sig.constness {
        let text = format!("a `const fn` cannot be {word}: it may run in the compiler");
        return Err(Error::new(constant.span(), text));
    }
    let here = Span::mixed_site();
    let p = match &options.krate {
        Some(path) => quote!(#path::__private),
        None => quote_spanned!(here=> ::ripsaw::__private),
    };
    let begin = begin(kind, &options, &function, &p)?;
    let (body, given) = (&function.block, &function.sig.output);
    let output = match given {
        ReturnType::Default => quote_spanned!(here=> ()),
        ReturnType::Type(_, ty) => known(ty)?.into_token_stream(),
    };
    let never = matches!(given, ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)));
    let future = match function.sig.asyncness {
        Some(_) if never => Some(quote_spanned!(here=> async move #body)),
        Some(_) => Some(quote_spanned!(here=> #p::future::<#output, _>(async move #body))),
        None => None,
    };
    let work = match (kind, future) {
        (Kind::Timed, Some(future)) => quote_spanned!(here=> #future.await),
        (Kind::Traced, Some(future)) => quote_spanned!(here=> timed.around(#future).await),
        (_, None) => quote_spanned!(here=> #p::once(move || -> #output #body)),
    };
    let begin = match (kind, function.sig.asyncness.is_some()) {
        (Kind::Traced, false) => quote_spanned!(here=> #begin.entered()),
        _ => begin,
    };
    let block = if never {
        // It can only be left by a panic.
        quote_spanned!(here=> { let timed = #begin; #work })
    } else {
        let failure = match options.err {
            Some(err) => quote_spanned!(err=> #p::Failure::with_causes(&result)),
            None => quote_spanned!(here=> (&&#p::Judged(&result)).__ripsaw_failure()),
        };
        // `err` has its place in the source, but the variable is this macro's.
        let failure = options.err.map_or(failure.clone(), |_| resite(failure));
        let traits = options.err.is_none().then(
            || quote_spanned!(here=> use #p::{JudgeAny as _, JudgeResult as _, JudgeShown as _};),
        );
        quote_spanned!(here=> {
            let timed = #begin;
            let result = #work;
            { #traits timed.leave(#failure); }
            result
        })
    };
    function.block = syn::parse2(block)?;
    Ok(function.into_token_stream())
}

/// The same places with the hygiene of `macro_rules!`.
fn resite(tokens: TokenStream) -> TokenStream {
    let site = |span: Span| Span::mixed_site().located_at(span);
    tokens
        .into_iter()
        .map(|mut token| {
            if let proc_macro2::TokenTree::Group(group) = &token {
                let mut inner = proc_macro2::Group::new(group.delimiter(), resite(group.stream()));
                inner.set_span(site(group.span()));
                return inner.into();
            }
            token.set_span(site(token.span()));
            token
        })
        .collect()
}

/// The expression that begins to time.
fn begin(kind: Kind, options: &Options, function: &ItemFn, p: &TokenStream) -> Result<TokenStream> {
    let here = Span::mixed_site();
    let name = match &options.name {
        Some(name) => name,
        None => &LitStr::new(&function.sig.ident.unraw().to_string(), function.sig.ident.span()),
    };
    let target = match &options.target {
        Some(target) => target.to_token_stream(),
        None => quote_spanned!(here=> ::core::module_path!()),
    };
    let mut begin = match kind {
        Kind::Timed => quote_spanned!(here=> #p::function(#name, #target)),
        Kind::Traced => quote_spanned!(here=> #p::Work::new(#name, #target)),
    };
    if let Some(level) = &options.level {
        begin.extend(quote_spanned!(here=> .level(#p::Level::#level)));
    }
    if let Some(ms) = &options.threshold {
        begin.extend(quote_spanned!(here=> .threshold(::core::time::Duration::from_millis(#ms))));
    }
    let mut names = Vec::new();
    for input in &function.sig.inputs {
        if let FnArg::Typed(argument) = input {
            bound(&argument.pat, &mut names);
        }
    }
    if let Some(unknown) = options.skip.iter().find(|skipped| !names.contains(skipped)) {
        let text = format!("no argument is called `{unknown}`");
        return Err(Error::new(unknown.span(), text));
    }
    if options.log_args {
        for name in names.iter().filter(|name| !options.skip.contains(name)) {
            let key = LitStr::new(&name.unraw().to_string(), here);
            // In the argument's place, so that the compiler shows the one that has no `Debug`.
            let value = quote_spanned!(name.span()=> #p::argument(&#name));
            begin.extend(quote_spanned!(here=> .with(#key, #value)));
        }
    }
    Ok(begin)
}

/// The names that a pattern binds.
fn bound(pattern: &Pat, out: &mut Vec<Ident>) {
    match pattern {
        Pat::Ident(name) => out.push(name.ident.clone()),
        Pat::Paren(inner) => bound(&inner.pat, out),
        Pat::Reference(inner) => bound(&inner.pat, out),
        Pat::Tuple(parts) => parts.elems.iter().for_each(|part| bound(part, out)),
        Pat::TupleStruct(parts) => parts.elems.iter().for_each(|part| bound(part, out)),
        Pat::Struct(parts) => parts.fields.iter().for_each(|part| bound(&part.pat, out)),
        _ => {}
    }
}

/// The type with `_` for what only the body knows.
fn known(ty: &Type) -> Result<Type> {
    let mut ty = syn::parse2(ty.to_token_stream())?;
    forget(&mut ty);
    Ok(ty)
}

fn forget(ty: &mut Type) {
    match ty {
        Type::ImplTrait(_) => *ty = Type::Infer(syn::parse_quote!(_)),
        Type::Array(array) => forget(&mut array.elem),
        Type::Group(group) => forget(&mut group.elem),
        Type::Paren(paren) => forget(&mut paren.elem),
        Type::Reference(reference) => forget(&mut reference.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(forget),
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else {
                    continue;
                };
                for argument in &mut arguments.args {
                    if let GenericArgument::Type(ty) = argument {
                        forget(ty);
                    }
                }
            }
        }
        _ => {}
    }
}
