//! Sizes of pictures, from a range that a driver names.

/// What is offered of a range of sizes.
const COMMON: [(u32, u32); 14] = [
    (320, 180),
    (320, 240),
    (640, 360),
    (640, 480),
    (800, 600),
    (1024, 768),
    (1280, 720),
    (1280, 960),
    (1280, 1024),
    (1600, 1200),
    (1920, 1080),
    (1920, 1200),
    (2560, 1440),
    (3840, 2160),
];

/// Least, most and step of a width or a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub least: u32,
    pub most: u32,
    pub step: u32,
}

impl Range {
    fn has(self, size: u32) -> bool {
        (self.least..=self.most).contains(&size)
            && (self.step <= 1 || (size - self.least).is_multiple_of(self.step))
    }

    /// The largest that is possible, which `most` is not where it is on no step.
    fn largest(self) -> u32 {
        match self.step {
            0 | 1 => self.most,
            step => self.most - self.most.saturating_sub(self.least) % step,
        }
    }
}

/// Those of the common sizes that are inside, and the largest.
pub fn sizes_of(width: Range, height: Range) -> Vec<(u32, u32)> {
    let inside = |&(wide, high): &(u32, u32)| width.has(wide) && height.has(high);
    let mut sizes: Vec<_> = COMMON.into_iter().filter(inside).collect();
    let largest = (width.largest(), height.largest());
    let is_size = width.has(largest.0) && height.has(largest.1) && largest.0 > 0 && largest.1 > 0;
    if is_size && !sizes.contains(&largest) {
        sizes.push(largest);
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn range(least: u32, most: u32, step: u32) -> Range {
        Range { least, most, step }
    }

    #[test]
    fn the_common_ones_inside_and_the_largest_are_offered() {
        let sizes = sizes_of(range(16, 1280, 2), range(16, 960, 2));
        let expected = [
            (320, 180),
            (320, 240),
            (640, 360),
            (640, 480),
            (800, 600),
            (1024, 768),
            (1280, 720),
            (1280, 960),
        ];
        assert_eq!(sizes, expected);
        let sizes = sizes_of(range(2, 4056, 2), range(2, 3040, 2));
        assert_eq!(sizes.last(), Some(&(4056, 3040)));
    }

    #[test]
    fn those_on_no_step_are_not_offered() {
        assert_eq!(
            sizes_of(range(32, 700, 32), range(32, 500, 32)),
            [(640, 480), (672, 480)]
        );
        assert_eq!(
            sizes_of(range(100, 200, 30), range(100, 200, 30)),
            [(190, 190)]
        );
    }

    #[test]
    fn a_range_that_makes_no_sense_offers_nothing() {
        assert_eq!(sizes_of(range(0, 0, 0), range(0, 0, 0)), []);
        assert_eq!(sizes_of(range(10, 5, 3), range(10, 5, 3)), []);
        assert_eq!(sizes_of(range(10, 5, 0), range(1, 5, 0)), []);
        assert_eq!(sizes_of(range(0, u32::MAX, 1), range(0, 0, 1)), []);
    }
}
