"""What is personal goes when its time comes; what stays says nothing of a person."""
