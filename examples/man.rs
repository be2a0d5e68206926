#![allow(unsafe_code,clippy::all)]
use ripsaw::*;
use std::time::*;
fn main(){
    let fmt = std::env::args().nth(1).unwrap_or("text".into());
    let rounds: u64 = std::env::args().nth(2).map_or(40,|x|x.parse().unwrap());
    let b = ripsaw::builder().manual().overflow(Overflow::DropNewest).sink(sink::Null::new());
    let b = match &*fmt {"json"=>b.json(),"kv"=>b.key_value(),_=>b.text()};
    let g = b.start().unwrap();
    let h = g.handle();
    let mut call=Duration::ZERO; let mut wr=Duration::ZERO; let n=50_000u64;
    for _ in 0..rounds { 
        let t=Instant::now();
        for i in 0..n { info!("Logging int: {i}, int: {}, double: {}", i*7, i as f64*0.5); }
        call+=t.elapsed();
        let t=Instant::now();
        while h.pump()>0 {}
        wr+=t.elapsed();
    }
    let tot=(rounds*n) as f64;
    println!("{fmt} msg: call {:.1} ns  writer {:.1} ns", call.as_nanos() as f64/tot, wr.as_nanos() as f64/tot);
    let mut call=Duration::ZERO; let mut wr=Duration::ZERO;
    for _ in 0..rounds { 
        let t=Instant::now();
        for i in 0..n { info!(i, j=i*7, d=i as f64 * 0.5, "three fields"); }
        call+=t.elapsed();
        let t=Instant::now();
        while h.pump()>0 {}
        wr+=t.elapsed();
    }
    println!("{fmt} fields: call {:.1} ns  writer {:.1} ns   {:?}", call.as_nanos() as f64/tot, wr.as_nanos() as f64/tot, h.stats().dropped());
}
