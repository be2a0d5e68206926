#![allow(unsafe_code,clippy::all)]
use ripsaw::*;
use std::time::*;
fn main(){
    let fmt = std::env::args().nth(1).unwrap_or("text".into());
    let path = std::env::args().nth(2).unwrap_or("/tmp/probe/out.log".into());
    let threads: u64 = std::env::args().nth(3).map_or(1,|x|x.parse().unwrap());
    let _ = std::fs::remove_file(&path);
    let b = ripsaw::builder().overflow(Overflow::Block(Duration::MAX)).file(&path);
    let b = match &*fmt {"json"=>b.json(),"kv"=>b.key_value(),_=>b.text()};
    let g = b.start().unwrap();
    let n: u64 = 4_000_000/threads;
    let t = Instant::now();
    let hs: Vec<_> = (0..threads).map(|t| std::thread::spawn(move || {
        for i in 0..n { 
            if i%2==0 { info!("Logging int: {i}, int: {}, double: {}", i*7, i as f64*0.5); } else { info!(i, j=i*7, d=i as f64 * 0.5, "three fields") }
        }
        let _ = t;
    })).collect();
    for h in hs {h.join().unwrap();}
    let e1=t.elapsed();
    g.handle().flush(Duration::from_secs(60)).unwrap();
    let e=t.elapsed();
    let s = g.handle().stats();
    println!("{fmt} {:.2} M/s callers {:.2} {} MB  {:?}", n as f64*threads as f64/e.as_secs_f64()/1e6, e1.as_secs_f64(), s.bytes/1_000_000, (s.accepted,s.written,s.dropped(),s.blocks_high_water,s.sequence_gaps));
    // call latency
    let mut v=Vec::new();
    for _ in 0..2000 { for i in 0..20u64 { let a=unsafe{core::arch::x86_64::_rdtsc()}; info!("Logging int: {i}, int: {}, double: {}", i*7, 1.5); let b=unsafe{core::arch::x86_64::_rdtsc()}; v.push(b-a);} std::thread::sleep(Duration::from_micros(500)); }
    v.sort(); let p=|q:f64| v[(v.len() as f64*q) as usize]; println!("cycles incl timer p50 {} p90 {} p99 {} p999 {}", p(0.5),p(0.9),p(0.99),p(0.999));
    let mut v=Vec::new(); for _ in 0..10000 {let a=unsafe{core::arch::x86_64::_rdtsc()};let b=unsafe{core::arch::x86_64::_rdtsc()}; v.push(b-a);} v.sort(); println!("timer {}", v[5000]);
    let t=Instant::now(); for i in 0..100_000_000u64 { debug!("x {i}"); } println!("disabled {:.3} ns", t.elapsed().as_secs_f64()*10.0);
}
