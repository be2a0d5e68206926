fn main() {
    let target = String::from("t");
    ripsaw::info!(target: &target, "m");
    ripsaw::info!(target: 7, "m");
    ripsaw::info!(name: "a", name: "b", "m");
    ripsaw::info!(logger: "not a logger", "m");
}
