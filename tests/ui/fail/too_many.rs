fn main() {
    let x = 1;
    ripsaw::info!(
        x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x,
        "{x} {x:2} {x:3}"
    );
}
