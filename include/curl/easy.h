/*
 * The easy interface: in curl.h with everything else. Programs include this name, too.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef CURLINC_EASY_H
#define CURLINC_EASY_H

#include "curl.h"

#endif /* CURLINC_EASY_H */
