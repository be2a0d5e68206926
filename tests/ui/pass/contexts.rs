//! Wherever an expression of type `()` may stand.

use core::fmt::{self, Debug, Display};
use core::future::{Future, ready};
use ripsaw::{Encode, Level, debug, enabled, error, info, trace};
use std::rc::Rc;
use std::sync::Mutex;

fn generic<T: Display + Debug + ?Sized, const N: usize>(value: &T) {
    info!(n = N, ?value, "{value} {value:?} {N}");
}

fn typed<T: Encode + Display>(value: T) {
    info!(value, "{value}");
}

fn arms(n: u8) {
    match n {
        0 => info!("zero"),
        1 => debug!(n),
        _ => (),
    }
    if n > 1 { info!("more") } else { trace!("less") }
}

fn tail(lock: &Mutex<String>) {
    info!("{}", lock.lock().unwrap())
}

fn result(text: &str) -> Result<u8, core::num::ParseIntError> {
    info!(n = text.parse::<u8>()?, "{}", text.parse::<u8>()?);
    let n = text.parse().inspect_err(|error| error!(%error, "no number"))?;
    Ok(n)
}

async fn asynchronous(lock: &Mutex<u8>) -> u8 {
    let not_sync = core::cell::Cell::new(1).get();
    info!(not_sync, "before {}", lock.lock().unwrap());
    let n = ready(1).await;
    info!(n, "between {}", ready(2).await);
    if enabled!(Level::Info) {
        ready(()).await;
    }
    n
}

fn send<T: Send>(future: impl Future<Output = T> + Send) {
    drop(future);
}

fn not_send() {
    let shared = Rc::new(5);
    info!(shared, "{shared}");
}

struct Mine;
impl Display for Mine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!("a statement inside a formatter");
        f.write_str("mine")
    }
}

const fn constant() -> &'static str {
    "constant"
}

static LAZY: std::sync::LazyLock<u8> = std::sync::LazyLock::new(|| {
    info!("in a static");
    1
});

fn unit() -> () {
    let () = info!("a value");
    [info!("in an array"), info!("again")][0]
}

fn main() {
    generic::<str, 3>("str");
    generic::<_, 4>(&5);
    typed("x");
    typed(Some(1).unwrap_or(2));
    (0..3).for_each(arms);
    (0..3).for_each(|n| info!(n));
    tail(&Mutex::new(String::from("locked")));
    assert!(result("7").is_ok() && result("x").is_err());
    send(asynchronous(&Mutex::new(1)));
    not_send();
    info!("{Mine}", Mine = Mine);
    info!("{}", constant());
    info!("{}", *LAZY);
    unit();
    for n in 0..3 {
        info!("{}", if n == 1 { continue } else { n });
    }
    std::thread::scope(|scope| {
        scope.spawn(|| info!("in a thread"));
    });
}
