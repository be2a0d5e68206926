fn main() {
    let user = "ada";
    ripsaw::info!("{user} {usr}");
    ripsaw::info!("{:w$}", user);
}
