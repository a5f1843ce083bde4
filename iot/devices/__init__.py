"""Programs that run on devices, or stand for them: the only users of the AWS IoT device SDK."""
