/* Random numbers that can be repeated: the same seed, the same numbers. */
#ifndef TESTS_SUPPORT_PERSISTENCE_CHANCE_H
#define TESTS_SUPPORT_PERSISTENCE_CHANCE_H

#include <stddef.h>
#include <stdint.h>

/* Any value will do as a start. (SplitMix64.) */
struct chance {
	uint64_t state;
};

static inline uint64_t
chance_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static inline uint64_t
chance_next(struct chance *chance)
{
	chance->state += UINT64_C(0x9e3779b97f4a7c15);
	return chance_mix(chance->state);
}

/* 0 … count - 1 */
static inline size_t
chance_below(struct chance *chance, size_t count)
{
	return (size_t)(chance_next(chance) % count);
}

#endif
