use ripsaw::Level;

fn main() {
    ripsaw::event!(Level::Fatal, "m");
    ripsaw::event!("info", "m");
    ripsaw::event!();
    let level = Level::Info;
    ripsaw::event!(level, "m");
    let _ = ripsaw::enabled!(Level::Info, "m");
}
