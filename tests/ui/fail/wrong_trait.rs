struct Order;

fn main() {
    let text = "text";
    ripsaw::info!("{text:x}");
    ripsaw::info!("{:e} {:?} {}", text, Order, Some(1));
}
