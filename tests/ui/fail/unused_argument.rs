fn main() {
    let user = "ada";
    ripsaw::info!("{}", 1, user);
    ripsaw::info!("done", user = user, n = 1);
    ripsaw::info!("{a} {}", a = 1, 2);
    ripsaw::info!("{a}", a = 1, a = 2);
}
