//! What a program consists of.

/// A statement.
#[derive(Clone, Debug)]
pub(super) enum Stmt {
    Expr(Expr),
    Assign(Vec<Expr>, Expr),
    Update(Expr, &'static str, Expr),
    /// Names and the dotted paths that they stand for.
    Import(Vec<(String, String)>),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    For(Expr, Expr, Vec<Stmt>),
    While(Expr, Vec<Stmt>),
    With(Vec<(Expr, Option<Expr>)>, Vec<Stmt>),
    Try(Try),
    Raise(Option<Expr>, Option<Expr>),
    Return(Option<Expr>),
    Def(Function),
    Class(String, Vec<Expr>, Vec<Stmt>),
    Assert(Expr),
    Delete(Expr),
    Break,
    Continue,
    Pass,
}

#[derive(Clone, Debug)]
pub(super) struct Try {
    pub(super) body: Vec<Stmt>,
    pub(super) handlers: Vec<(Option<Expr>, Option<String>, Vec<Stmt>)>,
    pub(super) otherwise: Vec<Stmt>,
    pub(super) finally: Vec<Stmt>,
}

/// A function or a lambda.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) params: Vec<Param>,
    pub(super) body: Vec<Stmt>,
    pub(super) is_async: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Param {
    pub(super) name: String,
    /// `*` or `**`.
    pub(super) stars: usize,
    pub(super) default: Option<Expr>,
}

/// An expression.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    /// Texts, and expressions with their conversion and format.
    Format(Vec<FormatPart>),
    Name(String),
    Attr(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
    Slice(Option<Box<Expr>>, Option<Box<Expr>>),
    Call(Box<Expr>, Vec<Arg>),
    Unary(&'static str, Box<Expr>),
    Binary(Box<Expr>, &'static str, Box<Expr>),
    /// `a if b else c`: b, a, c.
    Choice(Box<[Expr; 3]>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Set(Vec<Expr>),
    /// `None` for `**x`.
    Dict(Vec<(Option<Expr>, Expr)>),
    Comprehension(Box<Comprehension>),
    Lambda(Box<Function>),
    Await(Box<Expr>),
    Starred(Box<Expr>),
}

#[derive(Clone, Debug)]
pub(super) struct Comprehension {
    /// For a dictionary; then `item` is the value.
    pub(super) key: Option<Expr>,
    pub(super) item: Expr,
    pub(super) target: Expr,
    pub(super) source: Expr,
    pub(super) condition: Option<Expr>,
}

#[derive(Clone, Debug)]
pub(super) enum FormatPart {
    Text(String),
    Value(Expr, char, String),
}

#[derive(Clone, Debug)]
pub(super) enum Arg {
    Positional(Expr),
    Named(String, Expr),
    /// `*x`
    Spread(Expr),
    /// `**x`
    Map(Expr),
}
