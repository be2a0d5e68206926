fn main() {
    let text = String::from("text");
    ripsaw::info!();
    ripsaw::info!(target: "t");
    ripsaw::info!(text.len());
    ripsaw::info!(?text.len());
    ripsaw::info!(text: "a");
    ripsaw::info!(text == "a");
    ripsaw::info!({ "m" });
    ripsaw::info!(text = );
    ripsaw::info!(text "m");
    ripsaw::info!(format!("{text}"));
    ripsaw::info!(parent: 1, "m");
    ripsaw::info!(text, b"bytes");
}
