struct Order;

fn main() {
    let order = Order;
    ripsaw::info!(order);
    ripsaw::info!(id = 7, placed = Order, "placed");
    ripsaw::info!(?order, state = %order, cause:err = order);
    ripsaw::info!("{order}");
}
