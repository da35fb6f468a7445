/*
 * image_id.h - when two texts name the same machine image.
 *
 * HCP Packer, a plan, a state and a cloud write the id of one image in several
 * ways: Google Cloud as a name or as a self link, Azure in whatever case the
 * configuration has, a UUID in either case.  The key is what is compared and
 * looked up; the text as it came is what is shown.
 */
#ifndef RELAY_MODEL_IMAGE_ID_H
#define RELAY_MODEL_IMAGE_ID_H

/*
 * The key of an external identifier; NULL of NULL.  The caller frees.
 *
 *	ami-0a1b2c3d4e5f60718                             as it is
 *	projects/P/global/images/NAME, global/images/NAME, or these behind
 *	"https://www.googleapis.com/compute/v1/"          NAME, as HCP Packer has it
 *	projects/P/global/images/family/NAME              family/NAME: no single image
 *	/subscriptions/.../images/NAME                    in lower case, no slash at the end
 *	a UUID                                            in lower case
 */
char *image_id_key(const char *id);

#endif
