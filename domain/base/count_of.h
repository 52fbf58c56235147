/* How many there are in an array, which must be one: not a pointer. */
#ifndef DOMAIN_COUNT_OF_H
#define DOMAIN_COUNT_OF_H

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
