fn main() {
    ripsaw::info!("{} {}", 1);
    ripsaw::info!("{}");
    ripsaw::info!("{2} {0} {1}", 1, 2);
    ripsaw::info!("{:.*}", 1);
}
