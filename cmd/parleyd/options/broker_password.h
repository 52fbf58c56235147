/* The password of Redis that is in a file. */
#ifndef CMD_BROKER_PASSWORD_H
#define CMD_BROKER_PASSWORD_H

#include "cluster/broker_options.h"

/* Reads broker.password_file, if there is one. False: errno says why not. */
bool broker_password_read(struct broker_options *);

#endif
