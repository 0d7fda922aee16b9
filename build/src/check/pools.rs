//! The pools of a binding, memory that its driver may lend on: each becomes a grant of the root lease.

use super::Checker;
use crate::manifest;
use crate::plan::Grant;
use crate::problem::Problem;
use leasehold_abi::GrantKind;
use serde_spanned::Spanned;
use std::ops::Range;

/// Most pools of one binding.
pub(super) const MOST_POOLS: usize = 4;

impl Checker<'_> {
    /// The grants of a binding's pools, in the manifest's order.
    pub(super) fn pools(
        &mut self,
        task: &str,
        rank: usize,
        bind: &manifest::Bind,
        grants: &mut Vec<Grant>,
    ) -> Vec<u16> {
        self.check_pools(task, bind);
        let mut pools = Vec::new();
        for size in bind.pools().take(MOST_POOLS) {
            if let Some(length) = self.pool_length(task, size) {
                let before = grants.iter().filter(|grant| grant.pool == Some(rank));
                let name = match before.count() {
                    0 => format!("{task}.dma"),
                    count => format!("{task}.dma{count}"),
                };
                pools.push(grants.len() as u16);
                grants.push(Grant {
                    name,
                    kind: GrantKind::Memory,
                    base: 0,
                    length: self.arch.pool_length(length),
                    pool: Some(rank),
                });
            }
        }
        pools
    }

    /// Whether there are pools exactly where there is DMA, and how many.
    fn check_pools(&mut self, task: &str, bind: &manifest::Bind) {
        let allowed = bind.dma.as_ref().is_some_and(|flag| *flag.get_ref());
        if let Some(pool) = &bind.pool {
            let dma = bind.dma.as_ref().map(Spanned::span);
            let several = bind.dma_pools.as_ref().map(Spanned::span);
            let other = dma
                .or(bind.dma_pool.as_ref().map(Spanned::span))
                .or(several);
            if let Some(other) = other {
                self.pool_problem(
                    pool.span(),
                    format!("`{task}` has `pool` and a key of DMA"),
                    "for a device without DMA",
                    "leave one of the two out",
                    Some((other, "the other")),
                );
            }
        }
        if let (Some(one), Some(several)) = (&bind.dma_pool, &bind.dma_pools) {
            self.pool_problem(
                several.span(),
                format!("`{task}` has `dma-pool` and `dma-pools`"),
                "one of the two",
                "write all sizes in `dma-pools`",
                Some((one.span(), "the other")),
            );
        }
        if let Some(pools) = &bind.dma_pools {
            if pools.get_ref().is_empty() {
                self.pool_problem(
                    pools.span(),
                    format!("`dma-pools` of `{task}` is empty"),
                    "expected sizes in bytes",
                    "write `dma-pools = [8192, 4096]`, or leave it out",
                    None,
                );
            }
            if let Some(more) = pools.get_ref().get(MOST_POOLS) {
                self.pool_problem(
                    more.span(),
                    format!("`{task}` has more than {MOST_POOLS} DMA pools in one binding"),
                    "one too many",
                    "a pool is given out in buffers: make one larger",
                    None,
                );
            }
        }
        let first = bind.dma_pool.as_ref().map(Spanned::span);
        let first = first.or_else(|| bind.dma_pools.as_ref().map(Spanned::span));
        match first {
            None => {
                if let Some(dma) = bind.dma.as_ref().filter(|_| allowed) {
                    self.pool_problem(
                        dma.span(),
                        format!("`{task}` may do DMA without a pool"),
                        "a bus master needs memory of its own",
                        "add `dma-pool = 8192` to this binding",
                        None,
                    );
                }
            }
            Some(pool) if !allowed => self.pool_problem(
                pool,
                format!("`{task}` has a DMA pool and may do no DMA"),
                "for a bus master",
                match bind.device {
                    Some(_) => "add `dma = true` to this binding, or write `pool` if it only lends that memory on",
                    None => "add `dma = true` to this binding, or leave the pool out",
                },
                bind.dma.as_ref().map(|dma| (dma.span(), "not here")),
            ),
            Some(_) => {}
        }
    }

    /// A pool's size as it is written.
    fn pool_length(&mut self, task: &str, size: &Spanned<i64>) -> Option<u64> {
        if *size.get_ref() > u32::MAX.into() {
            self.pool_problem(
                size.span(),
                format!("a pool of `{task}` is larger than any memory"),
                "an image lies below 4 GiB",
                "write a number of bytes",
                None,
            );
            return None;
        }
        let length = u64::try_from(*size.get_ref()).ok();
        let length = length.filter(|length| *length > 0);
        if length.is_none() {
            self.pool_problem(
                size.span(),
                format!("a pool of `{task}` is not positive"),
                "bytes",
                "leave it out for none",
                None,
            );
        }
        length
    }

    fn pool_problem(
        &mut self,
        span: Range<usize>,
        title: String,
        label: &str,
        hint: &str,
        related: Option<(Range<usize>, &str)>,
    ) {
        let mut problem = Problem::new(self.source, span, title).label(label);
        if let Some((span, text)) = related {
            problem = problem.related(self.source, span, text);
        }
        self.problems.push(problem.hint(hint));
    }
}
