#[test]
fn scan() {
    for path in std::env::var("ELVES").unwrap().split_whitespace() {
        let elf = crate::elf::Elf::read(std::path::Path::new(path)).unwrap();
        let arch = if path.contains("rv64") { crate::arch::Arch::Sv39 } else if path.contains("rv32") { crate::arch::Arch::Pmp } else { crate::arch::Arch::PmsaV7 };
        let functions = super::functions::functions(arch, &elf.code);
        let bad: Vec<_> = functions.values().filter(|f| f.frame.is_none()).map(|f| &f.name).collect();
        let top = functions.values().max_by_key(|f| f.frame.unwrap_or(0)).unwrap();
        println!("{path} {} bad {bad:?} top {} {:?} chain {:?}", functions.len(), top.name, top.frame, super::longest_chain(&functions));
        if std::env::var("ALL").is_ok() { for (a, f) in &functions { println!("FN {a:x} {:?} {} {}", f.frame, f.early_calls.len(), f.name); } }
        for f in functions.values().filter(|f| !f.early_calls.is_empty()) { println!("   early {} {:?} -> {:?}", f.name, f.frame, f.early_calls.iter().map(|c| c.map_or("?".into(), |c| functions.get(&c).map_or(format!("{c:x}"), |f| f.name.clone()))).collect::<Vec<_>>()); }
    }
}
