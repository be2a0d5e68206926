fn main() {
    let a = 1;
    ripsaw::info!("{a");
    ripsaw::info!("a}");
    ripsaw::info!("{a.b}");
    ripsaw::info!("{a:y}");
    ripsaw::info!("{a:70000}");
}
