/* The number of items of an array (not of a pointer). */
#ifndef DOMAIN_COUNT_OF_H
#define DOMAIN_COUNT_OF_H

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
